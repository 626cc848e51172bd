"""
The values everything else is made of: ids, units, amounts, postings, findings.

No rule, no clock and no storage here.  What is asked of a bank is in `operations`, what
came of it in `entries`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, NewType

from attrs import Attribute, field, frozen
from attrs import validators as v

from .texts import Text

AccountId = NewType("AccountId", str)
EntryId = NewType("EntryId", str)
Position = NewType("Position", int)

START: Final = Position(0)
"""The position before the first entry."""

ID_LENGTH_MAX: Final = 100
MINUTES_AN_HOUR: Final = 60
AMOUNT_MAX: Final = 10**15
"""No posting moves more parts than this."""
BALANCE_MAX: Final = 2**53 - 1
"""No balance passes this; beyond it JSON readers elsewhere would lose digits."""

ISSUER: Final = AccountId("issuer")
"""The account that credits come from and go back to; what it owes is what others hold."""


class Words(StrEnum):
    """Words that are all known: another is refused with those that there are."""

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise ValueError(
            Text(
                "{value!r} is not known here; there is: {known}",
                "此处没有 {value!r}；现有：{known}",
                value=value,
                known=", ".join(cls),
            )
        )


class AccountKind(Words):
    """What an account is; a policy says what each kind may do."""

    MEMBER = "member"
    FAMILY = "family"
    GROUP = "group"
    MERCHANT = "merchant"
    POOL = "pool"
    FUND = "fund"
    ISSUER = "issuer"
    PEER = "peer"


class Mode(Words):
    """
    How an account is kept, chosen once and for ever.

    A *strict* account has a running balance and limits, and is locked while it changes.
    An *append* account (issuer, pool or fund without limits) has neither, so that many
    can write to it at once.
    """

    STRICT = "strict"
    APPEND = "append"


class Bucket(StrEnum):
    """Whether credits may be used, or are set aside by an order."""

    FREE = "free"
    HELD = "held"


# asked of every leg: a member takes Python 3.11 twenty times as long to find on its class
STRICT: Final = Mode.STRICT
FREE: Final = Bucket.FREE


# ---------------------------------------------------------------- ids

# control characters and surrogates: the categories Cc and Cs of Unicode
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
INVISIBLE: Final = (
    r"\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f"
)
"""
What cannot be seen or turns text around, as comes along with what is copied, in a pattern.

Joiners are none of it: scripts are written with them.
"""
_UNSEEN: Final = re.compile(rf"[{INVISIBLE}\u2028\u2029]")
_IDENTITY_CARD: Final = re.compile(r"\d{17}[\dXx]|\d{15}")
_MOBILE_NUMBER: Final = re.compile(r"(?:\+?86)?1[3-9]\d{9}")


ID: Final = Text("id", "编号")
ACCOUNT_ID: Final = Text("account id", "账户编号")
ENTRY_ID: Final = Text("entry id", "记录编号")
ACTOR: Final = Text("actor", "经办人")
LEDGER: Final = Text("ledger name", "账本名称")
UNIT: Final = Text("unit", "单位")
"""What an id may be of, for `clean_id`."""


# what needs no cleaning, as most ids do not, for a tenth of the time
_REST: Final = f"(?:[ -~]{{,{ID_LENGTH_MAX - 2}}}[!-~])?"
_PLAIN: Final = re.compile(f"[!-~]{_REST}").fullmatch
# a personal number has no letter in front
_PLAIN_ACCOUNT: Final = re.compile(f"[A-Za-z]{_REST}").fullmatch


def clean_id(text: str, what: Text = ID) -> str:
    """
    Return *text* in Unicode NFC.

    Raises:
        TypeError: If *text* is not a string; a number has lost its leading zeros.
        ValueError: If it is empty, longer than 100 characters, or holds control
            characters, lone surrogates or blanks at its ends.
    """
    if type(text) is str and _PLAIN(text):
        return text
    if not isinstance(text, str):
        raise TypeError(
            Text(
                "{what} must be text, found {type} {text!r}",
                "{what}须为文字，现为 {type} {text!r}",
                what=what,
                type=type(text).__name__,
                text=text,
            )
        )
    clean = unicodedata.normalize("NFC", text)
    if not clean or clean != clean.strip():
        raise ValueError(
            Text(
                "{what} must not be empty or begin or end with a blank: {text!r}",
                "{what}不得为空，首尾不得有空格：{text!r}",
                what=what,
                text=text,
            )
        )
    if len(clean) > ID_LENGTH_MAX:
        raise ValueError(
            Text(
                "{what} may have {most} characters, found {found}: {text!r}",
                "{what}至多 {most} 个字符，现有 {found} 个：{text!r}",
                what=what,
                most=ID_LENGTH_MAX,
                found=len(clean),
                text=text,
            )
        )
    if _UNPRINTABLE.search(clean):
        raise ValueError(
            Text(
                "{what} must not hold control characters: {text!r}",
                "{what}不得含控制字符：{text!r}",
                what=what,
                text=text,
            )
        )
    return clean


def check_seen(id: str, what: Text = ID) -> None:
    """
    Look whether all of a new id can be seen: two that look the same would be two.

    Ids that were recorded without this being asked are read, and acted on, as they are.

    Raises:
        ValueError: If it holds blanks without width, marks that turn text around, or the
            like.
    """
    if not id.isascii() and _UNSEEN.search(id):
        raise ValueError(
            Text(
                "{what} must not hold characters that cannot be seen: {text!r}",
                "{what}不得含不可见字符：{text!r}",
                what=what,
                text=id,
            )
        )


def clean_account_id(text: str) -> AccountId:
    """
    Return *text* as an account id.

    Raises:
        ValueError: As `clean_id`, and if it is shaped like an identity-card or mobile
            number: such numbers are personal data and never enter the journal.
    """
    if type(text) is str and _PLAIN_ACCOUNT(text):
        return AccountId(text)
    clean = clean_id(text, ACCOUNT_ID)
    shape = None if clean[0].isalpha() else _personal_shape(clean)
    if shape:
        raise ValueError(
            Text(
                "an account id must not be shaped like {shape}: use a number of your own, "
                "such as the volunteer number",
                "账户编号不得形似{shape}：请使用自编号码，如志愿者编号",
                shape=shape,
            )
        )
    return AccountId(clean)


def _personal_shape(text: str) -> Text | None:
    digits = re.sub(r"[\s-]", "", text)
    if _IDENTITY_CARD.fullmatch(digits):
        return Text("an identity-card number", "身份证号码")
    if _MOBILE_NUMBER.fullmatch(digits):
        return Text("a mobile number", "手机号码")
    return None


# ---------------------------------------------------------------- exact numbers

_DURATION: Final = re.compile(
    r"(?:(?P<h>\d+(?:\.\d+)?)\s*(?:h|小时))?\s*(?:(?P<min>\d+)\s*(?:min|分钟|分))?"
)
_CLOCK: Final = re.compile(r"(?P<sign>-?)(?P<h>\d+):(?P<min>[0-5]\d)")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+|/[1-9]\d*)?")


def exact(text: int | str | Fraction) -> Fraction:
    """
    Read a number exactly: ``3``, ``"0.5"``, ``"1/4"``, ``"2:50"``, ``"2 h 50 min"``.

    Times are in hours.

    Raises:
        TypeError: If *text* is a float or a bool: floats are refused, not rounded.
        ValueError: If it is not such a number.
    """
    if isinstance(text, bool | float) or not isinstance(text, int | str | Fraction):
        raise TypeError(
            Text(
                "an exact number is wanted, such as 3, '0.5' or '1/4'; found {found!r}",
                "须为精确的数字，如 3、'0.5' 或 '1/4'；现为 {found!r}",
                found=text,
            )
        )
    if not isinstance(text, str):
        return Fraction(text)
    trimmed = text.strip()
    if _NUMBER.fullmatch(trimmed):
        return Fraction(trimmed)
    if clock := _CLOCK.fullmatch(trimmed):
        hours = Fraction(int(clock["h"])) + Fraction(int(clock["min"]), 60)
        return -hours if clock["sign"] else hours
    duration = _DURATION.fullmatch(trimmed)
    if trimmed and duration and (duration["h"] or duration["min"]):
        return Fraction(duration["h"] or 0) + Fraction(int(duration["min"] or 0), 60)
    raise ValueError(
        Text(
            "{found!r} is no number such as 3, 0.5, 1/4, 2:50 or 2 h 50 min",
            "{found!r} 不是数字，数字如 3、0.5、1/4、2:50 或 2 h 50 min（2小时50分）",
            found=text,
        )
    )


def show(number: Fraction) -> str:
    """Write *number* exactly: as a decimal where one ends, else as a fraction."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return str(number)
    places = 0
    while (number * 10**places).denominator != 1:
        places += 1
    digits = f"{abs(number) * 10**places}".rjust(places + 1, "0")
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :]
    return f"{'-' * (number < 0)}{whole}{'.' * bool(part)}{part}"


@frozen
class Unit:
    """
    What is counted, in whole parts.

    Args:
        name: As the policy calls it, such as ``hours`` or ``points``.
        scale: Parts in one; 60 for hours kept in minutes.
        record: Whether it only ever comes from the issuer and is never spent, given or
            levied: hours served, meetings attended.
        text: What people call it, where the policy says that.
    """

    name: str
    scale: int = field(default=1, validator=[v.instance_of(int), v.ge(1), v.le(10**6)])
    record: bool = False
    text: Text | None = field(default=None, eq=False)

    @property
    def called(self) -> Text:
        """What people call it; its name where the policy says nothing else."""
        return self.text or Text(self.name, self.name)

    def parts(self, number: int | str | Fraction) -> int:
        """
        Return *number* of this unit in parts.

        Raises:
            ValueError: If it does not fall on a whole part; nothing is rounded.
        """
        parts = exact(number) * self.scale
        if parts.denominator != 1:
            raise ValueError(
                Text(
                    "{number} {unit} is finer than 1/{scale}, the part it is kept in",
                    "{number} {unit} 过细：该单位只记到 1/{scale}",
                    number=number,
                    unit=self.name,
                    scale=self.scale,
                )
            )
        return parts.numerator

    def show(self, parts: int) -> str:
        """
        Write *parts* in this unit: ``2:50`` where there are 60 parts in one, else a decimal.
        """
        if self.scale != MINUTES_AN_HOUR or parts % MINUTES_AN_HOUR == 0:
            return show(Fraction(parts, self.scale))
        whole, rest = divmod(abs(parts), MINUTES_AN_HOUR)
        return f"{'-' * (parts < 0)}{whole}:{rest:02}"


def whole_parts(_: object, attribute: Attribute[Any], amount: object) -> None:
    """
    Validate an amount: a whole number of parts, at most 10^15 either way.

    Raises:
        TypeError: If it is not an `int`; floats are refused, not rounded.
        ValueError: If it is out of bounds.
    """
    if type(amount) is not int:
        raise TypeError(
            Text(
                "{name} must be a whole number of parts (int), found {type} {amount!r}",
                "{name} 须为整数（int，以最小份计），现为 {type} {amount!r}",
                name=attribute.name,
                type=type(amount).__name__,
                amount=amount,
            )
        )
    if abs(amount) > AMOUNT_MAX:
        raise ValueError(
            Text(
                "{name} must be within ±10^15 parts, found {amount}",
                "{name} 须在 ±10^15 份之内，现为 {amount}",
                name=attribute.name,
                amount=amount,
            )
        )


# ---------------------------------------------------------------- legs of an entry


@frozen
class Lot:
    """The credits that one entry created, with the last day on which they can be used."""

    id: EntryId
    expires_on: date | None = None


def _moves_something(
    posting: Posting, attribute: Attribute[Any], amount: object
) -> None:
    if type(amount) is not int or not -AMOUNT_MAX <= amount <= AMOUNT_MAX:
        whole_parts(posting, attribute, amount)  # says what is wrong with it
    if amount == 0:
        raise ValueError(
            Text(
                "a posting to {account!r} must move something, found 0",
                "记入 {account!r} 的一笔须有数量，现为 0",
                account=posting.account,
            )
        )


@frozen(kw_only=True)
class Posting:
    """
    One leg of an entry.

    Args:
        account: Whose credits move.
        unit: The unit they are counted in.
        amount: Signed whole parts; never zero.
        bucket: Free, or held by an order.
        lot: Which lot they belong to, where the policy keeps lots and the account is
            not the issuer.
        rule: The policy's rule that asked for it, by name; limits count by it.
        undoes: Whether it takes back a leg of the entry's target.
    """

    account: AccountId
    unit: str
    amount: int = field(validator=_moves_something)
    bucket: Bucket = Bucket.FREE
    lot: Lot | None = None
    rule: str = ""
    undoes: bool = False


# ---------------------------------------------------------------- findings


class Reason(StrEnum):
    """Why a rule spoke; the text for each is in `messages`."""

    ID_CONFLICT = "id-conflict"
    ID_VOID = "id-void"
    ID_TAKEN = "id-taken"
    ID_DUE = "id-due"
    DAY_FUTURE = "day-future"
    NOT_DUE = "not-due"
    POLICY_NONE = "policy-none"
    POLICY_UNIT_CHANGED = "policy-unit-changed"
    POLICY_UNIT_DROPPED = "policy-unit-dropped"
    POLICY_LIMITS_APPEND = "policy-limits-append"
    POLICY_OF_LEDGER = "policy-of-ledger"
    POLICY_GONE_BY = "policy-gone-by"
    ACCOUNT_UNKNOWN = "account-unknown"
    ACCOUNT_CLOSED = "account-closed"
    ACCOUNT_EXISTS = "account-exists"
    ACCOUNT_NOT_EMPTY = "account-not-empty"
    ACCOUNT_OWES = "account-owes"
    ACCOUNT_KIND = "account-kind"
    ACCOUNT_NAME = "account-name"
    ACCOUNT_MODE = "account-mode"
    SAME_ACCOUNT = "same-account"
    MAY_NOT = "may-not"
    NO_RULE = "no-rule"
    NOTHING_MOVES = "nothing-moves"
    NOT_IN_POLICY = "not-in-policy"
    COUNTS_OTHERWISE = "counts-otherwise"
    FACT_NEEDED = "fact-needed"
    FUNCTION_NEEDED = "function-needed"
    FACT_WRONG = "fact-wrong"
    AT_LEAST = "at-least"
    AT_MOST = "at-most"
    ABOVE = "above"
    BELOW = "below"
    ONE_OF = "one-of"
    NONE_OF = "none-of"
    WITHIN = "within"
    GIVEN = "given"
    ANY_OF = "any-of"
    NOT = "not"
    GRAIN = "grain"
    NEGATIVE = "negative"
    LIMIT = "limit"
    CAP = "cap"
    FLOOR = "floor"
    LOT_SHORT = "lot-short"
    LOT_EMPTY = "lot-empty"
    BOUND = "bound"
    DROPPED = "dropped"
    DIVERTED = "diverted"
    SHORT = "short"
    OVERLAP = "overlap"
    TARGET_UNKNOWN = "target-unknown"
    TARGET_KIND = "target-kind"
    TARGET_UNDONE = "target-undone"
    TARGET_DEPENDANTS = "target-dependants"
    TARGET_CLAIM = "target-claim"
    CORRECTION_KIND = "correction-kind"
    ORDER_CLOSED = "order-closed"
    ORDER_REMAINS = "order-remains"
    ORDER_LAPSED = "order-lapsed"
    MOVE_CLOSED = "move-closed"
    MOVE_SUSPENDED = "move-suspended"
    TIER_HELD = "tier-held"
    TIER_NOT_HELD = "tier-not-held"
    TIER_AUTOMATIC = "tier-automatic"
    TIER_SUSPENDED = "tier-suspended"
    TIER_NO_APPLICATION = "tier-no-application"
    TERM = "term"
    MET = "met"
    NOT_ASSESSED = "not-assessed"
    NO_PERIOD_END = "no-period-end"
    RANKED_OTHERWISE = "ranked-otherwise"
    AWAITED = "awaited"
    PUBLISHED = "published"
    CLAIM_VOID = "claim-void"
    CLAIM_UNKNOWN = "claim-unknown"
    CLAIM_ENDED = "claim-ended"
    CLAIM_IDLE = "claim-idle"
    STEP_PAST = "step-past"
    STEP_ROLE = "step-role"
    STEP_TWICE = "step-twice"
    APART = "apart"
    SUBMITTER = "submitter"
    OVERRIDDEN = "overridden"
    FLAG = "flag"


class Effect(StrEnum):
    """What a finding does to the operation."""

    REFUSES = "refuses"
    NOTES = "notes"
    WAITS = "waits"
    """It moves nothing yet: a procedure has to be gone through first."""
    VOIDS = "voids"
    """What waited will never count."""


Scalar = int | str
"""What a finding may hold: integers (parts, where a unit is named), and words."""


@frozen(kw_only=True)
class Finding:
    """
    One rule's verdict: which rule, what it wanted, what it found.

    Args:
        code: The place in the policy (``rules.redeem.requires.star``), or the part of the
            request (``id``, ``effective_on``) where no policy is concerned.
        reason: What kind of verdict; the text is made from it.
        effect: Whether it forbids the operation, or only notes something.
        wanted: What the rule asked for; whole parts where *unit* is given.
        found: What there was.
        unit: The unit of *wanted* and *found*.
        account: Whose figure it is.
    """

    code: str
    reason: Reason
    effect: Effect = Effect.REFUSES
    wanted: Scalar | None = None
    found: Scalar | None = None
    unit: str | None = None
    account: str | None = None

    @property
    def refuses(self) -> bool:
        """Whether it forbids the operation."""
        return self.effect is Effect.REFUSES
