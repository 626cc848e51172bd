"""
Everything `timebank` raises on purpose.

* TimebankError
  - Refused               the rules said no; `findings` says which, and why
  - BatchRefused          an all-or-nothing batch held at least one refusal; nothing was recorded
  - UnknownEntry          the journal has no entry of that id
  - UnknownAccount        the ledger has no account of that id
  - UnknownUnit           no policy of the ledger has that unit
  - UnknownTimeZone       the machine does not know the ledger's time zone
  - JournalForked         the journal is not the one that a consumer has followed so far
  - PolicyInvalid         a policy could not be understood; every mistake with its place
  - UnbalancedEntry       postings that do not sum to zero in each unit
  - NotCanonical          a value that has no canonical JSON
  - Undeclared            a decision read what `needs` had not named: a bug in timebank
  - VerificationFailed    the books break a law; every fault with its position
  - SheetUnreadable       a file that is not a spreadsheet we can read, or lacks a column
  - ExtraMissing          an optional package is not installed
  - StorageError
    · BadUrl              a database URL that no store understands, or no file there
    · NoLedger            the database has no ledger of that name
    · LedgersDiffer       a ledger of that name is there, and is not a copy of this one
    · LedgerExists        the database has a ledger of that name already
    · SchemaUnknown       the database was written by another version of timebank
    · StoreBusy           another process held the books too long; try again
    · Overtaken           another turn was quicker each time; try again
    · StoreUnreachable    no connection, or it was lost; ask again under the same id
    · StoreReadOnly       the server takes no writes
    · NoRight             the database role may not do this
    · ServerTooOld        the server lacks what the books need
    · RetryTransaction    the host's transaction met another; roll it back and begin again
    · CannotJoin          what the host gave is no transaction that the books can join
    · StoreFull           the disk, or the file's size limit, is full
    · StoreForked         the process was forked while the database was in use
    · StoreDamaged        the database file cannot be read, or broke a guard

Every exception is an attrs class: its fields are its facts and its text is made from
them, in every language (`error.text.in_("zh")`); printed, it is English.  Match on the
class and read the fields; never parse the text.
"""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import define, field

from .texts import Text, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .entries import Refusal
    from .model import AccountId, EntryId, Finding, Unit

_AND: Final = Text("; ", "；")
_NEXT_LINE: Final = Text("\n", "\n")


class TimebankError(Exception):
    """Base class of every error raised on purpose by this package."""

    tries_max: ClassVar[int] = 1
    """How often it is worth making the same call, unchanged; 1 where it cannot help."""

    @property
    def retryable(self) -> bool:
        """Whether the same call, made again unchanged, may succeed."""
        return self.tries_max > 1

    @property
    def text(self) -> Text:
        """What happened and what to do, in every language."""
        return self._text()

    def _text(self) -> Text:
        said = super().__str__()
        return Text(said, said)

    def __str__(self) -> str:
        return self.text.en


@define
class Refused(TimebankError):
    """An operation that the rules forbid, with every finding and not only the first."""

    id: EntryId
    findings: tuple[Finding, ...]
    units: Mapping[str, Unit] = field(factory=dict, repr=False)
    names: Mapping[str, Text] = field(factory=dict, repr=False)

    def _text(self) -> Text:
        from .messages import finding_told  # noqa: PLC0415 - text is made at the edge

        forbidding = [f for f in self.findings if f.refuses]
        said = [finding_told(f, units=self.units, names=self.names) for f in forbidding]
        return Text("{id}: {said}", "{id}：{said}", id=self.id, said=joined(said, _AND))


@define
class BatchRefused(TimebankError):
    """A batch that was to be recorded whole, and of which nothing was recorded."""

    refusals: tuple[Refusal, ...]
    units: Mapping[str, Unit] = field(factory=dict, repr=False)
    names: Mapping[str, Text] = field(factory=dict, repr=False)

    def _text(self) -> Text:
        one = self.refusals[0]
        first = Refused(one.id, one.findings, self.units, self.names)
        more = len(self.refusals) - 1
        return Text(
            "nothing was recorded: {first}{more}",
            "均未登记：{first}{more}",
            first=first.text,
            more=Text(" (and {n} more)", "（另有 {n} 条）", n=more) if more else "",
        )


@define
class UnknownEntry(TimebankError):
    """The journal has no entry of that id."""

    id: EntryId

    def _text(self) -> Text:
        return Text(
            "the journal has no entry {id!r}; `timebank journal` lists them",
            "账本中没有记录 {id!r}；用 `timebank journal` 可列出全部记录",
            id=self.id,
        )


@define
class UnknownAccount(TimebankError):
    """The ledger has no account of that id."""

    account: AccountId

    def _text(self) -> Text:
        return Text(
            "the ledger has no account {account!r}; `timebank account list` "
            "shows those it has",
            "账本中没有账户 {account!r}；用 `timebank account list` 可列出全部账户",
            account=self.account,
        )


@define
class UnknownUnit(TimebankError):
    """No policy of the ledger has that unit."""

    unit: str
    known: tuple[str, ...]

    def _text(self) -> Text:
        return Text(
            "no unit {unit!r} in this ledger; there is: {known}",
            "本账本没有单位 {unit!r}；现有：{known}",
            unit=self.unit,
            known=", ".join(self.known),
        )


@define
class UnknownTimeZone(TimebankError):
    """The machine knows no time zone of that name."""

    name: str

    def _text(self) -> Text:
        return Text(
            "{name!r} is no time zone known here; an IANA name is wanted, such as "
            "Asia/Shanghai; where that is unknown too, run: pip install tzdata",
            "此处没有时区 {name!r}；须为 IANA 名称，如 Asia/Shanghai；"
            "如该名称也无法识别，请运行：pip install tzdata",
            name=self.name,
        )


@define
class JournalForked(TimebankError):
    """
    The journal is not the one that a consumer has followed so far.

    Args:
        after: The position up to which the consumer has followed it.
        last: The entry that stood there, if the consumer kept its id.
        found: The entry that stands there now; *None* if the journal ends before.
        head: Where the journal ends.
    """

    after: int
    last: EntryId | None
    found: EntryId | None
    head: int

    def _text(self) -> Text:
        last = self.last and Text(
            ", which was {id!r}", "（当时为 {id!r}）", id=self.last
        )
        found = (
            Text("the journal ends at {head}", "账本止于第 {head} 条", head=self.head)
            if self.found is None
            else Text("{id!r} stands there", "该处现为 {id!r}", id=self.found)
        )
        late = Text("; a replica may merely be late", "；也可能只是副本尚未跟上")
        return Text(
            "asked for what comes after position {after}{last}; {found}: the books "
            "are older than what was read of them, or are others{late}. Rebuild what was "
            "made of them from position 0, or from the last whose entry is still the same",
            "所求为第 {after} 条{last}之后的记录；{found}：账本比已读取的更旧，或是另一本账"
            "{late}。请从第 0 条、或从最后一条仍相同的记录起，重建由其得出的数据",
            after=self.after,
            last=last or "",
            found=found,
            late=late if self.found is None else "",
        )


@define
class PolicyInvalid(TimebankError):
    """
    A policy that could not be understood.

    Args:
        name: The file or programme.
        mistakes: Place in the policy (``rules.redeem.requires.star``) → what is wrong there.
        files: Place → the file that it is in, where the policy is made of several.
    """

    name: str
    mistakes: Mapping[str, Text]
    files: Mapping[str, str] = field(factory=dict)

    def _text(self) -> Text:
        lines = [
            Text(
                "  {file}{place}: {text}",
                "  {file}{place}：{text}",
                file=f"{self.files[place]}: " if place in self.files else "",
                place=place,
                text=text,
            )
            for place, text in self.mistakes.items()
        ]
        return joined([f"{self.name}:", *lines], _NEXT_LINE)


@define
class UnbalancedEntry(TimebankError):
    """Postings that do not sum to zero in each unit (law 1)."""

    id: EntryId
    residue: Mapping[str, int]

    def _text(self) -> Text:
        left = ", ".join(f"{amount} {unit}" for unit, amount in self.residue.items())
        return Text(
            "the postings of {id!r} must sum to zero in each unit; left: {left}",
            "{id!r} 的各笔须在每一单位内合计为零；余：{left}",
            id=self.id,
            left=left,
        )


@define
class NotCanonical(TimebankError):
    """A value outside the profile of canonical JSON that bodies are kept in."""

    place: str
    reason: str

    def _text(self) -> Text:
        return Text(
            "{place} has no canonical JSON: {reason}",
            "{place} 没有规范的 JSON 形式：{reason}",
            place=self.place,
            reason=self.reason,
        )


@define
class Undeclared(TimebankError):
    """A decision read what its `needs` had not named; never the caller's fault."""

    what: str

    def _text(self) -> Text:
        return Text(
            "the decision read {what}, which needs() had not named",
            "判定读取了 {what}，而 needs() 未曾列出",
            what=self.what,
        )


@define
class VerificationFailed(TimebankError):
    """The books break a law; faults in order of position."""

    faults: tuple[str, ...]

    def _text(self) -> Text:
        return joined(self.faults, _NEXT_LINE)


@define
class SheetUnreadable(TimebankError):
    """A file that is not a spreadsheet we can read, is empty, or lacks a column."""

    path: str
    reason: str

    def _text(self) -> Text:
        return Text(
            "{path}: {reason}", "{path}：{reason}", path=self.path, reason=self.reason
        )


@define
class ExtraMissing(TimebankError):
    """An optional package is not installed."""

    extra: str
    package: str

    def _text(self) -> Text:
        return Text(
            "{package} is missing; run: pip install 'timebank[{extra}]'",
            "缺少 {package}；请运行：pip install 'timebank[{extra}]'",
            package=self.package,
            extra=self.extra,
        )


class StorageError(TimebankError):
    """Something between us and the database."""


def _without_password(url: str) -> str:
    # up to the last @, because a password may hold whatever its owner typed
    hidden = re.sub(r"(?<=://)([^:/?#@]*):.*@", r"\1:***@", url)
    return re.sub(r"(?<=password=)[^&\s]*", "***", hidden)


@define
class BadUrl(StorageError):
    """A database URL that no store understands; its password is left out."""

    url: str = field(converter=_without_password)
    reason: str = Text(
        "use sqlite:///path/to/file.db or postgresql://ROLE@HOST/DATABASE",
        "请用 sqlite:///path/to/file.db 或 postgresql://ROLE@HOST/DATABASE",
    )

    def _text(self) -> Text:
        return Text(
            "{url!r} is no database that can be opened: {reason}",
            "{url!r} 不是可以打开的数据库：{reason}",
            url=self.url,
            reason=self.reason,
        )


@define
class NoLedger(StorageError):
    """The database has no ledger of that name."""

    ledger: str
    known: tuple[str, ...]

    def _text(self) -> Text:
        none = Text(
            "none yet; `timebank init` makes one", "尚无；用 `timebank init` 可新建"
        )
        return Text(
            "no ledger {ledger!r} here; there is: {known}",
            "此处没有账本 {ledger!r}；现有：{known}",
            ledger=self.ledger,
            known=", ".join(self.known) or none,
        )


@define
class LedgerExists(StorageError):
    """The database has a ledger of that name already."""

    ledger: str

    def _text(self) -> Text:
        return Text(
            "ledger {ledger!r} exists already; open it, or choose another name",
            "账本 {ledger!r} 已存在；请打开它，或另取名称",
            ledger=self.ledger,
        )


@define
class LedgersDiffer(StorageError):
    """Where a ledger was to be copied to is one of its name that is not its copy."""

    ledger: str
    detail: str

    def _text(self) -> Text:
        return Text(
            "the ledger {ledger!r} there is not a copy of this one: {detail}; "
            "it was left as it is: copy to another database",
            "彼处的账本 {ledger!r} 不是本账本的副本：{detail}；未作改动：请复制到另一数据库",
            ledger=self.ledger,
            detail=self.detail,
        )


@define
class SchemaUnknown(StorageError):
    """The database was written by another version of timebank."""

    found: int | None
    known: int

    def _text(self) -> Text:
        if self.found is None:
            return Text(
                "the database holds no ledgers yet; `timebank init` makes the first, "
                "and `timebank schema create URL` the tables alone",
                "数据库中尚无账本；用 `timebank init` 可建第一个账本，"
                "用 `timebank schema create URL` 可只建数据表",
            )
        older = self.found < self.known
        return Text(
            "the database has schema {found}, this timebank knows {known}; "
            "nothing was changed: {remedy}",
            "数据库的表结构为第 {found} 版，本 timebank 识别第 {known} 版；未作改动：{remedy}",
            found=self.found,
            known=self.known,
            remedy=Text(
                "bring it up to date: `timebank schema upgrade URL`",
                "请升级：`timebank schema upgrade URL`",
            )
            if older
            else Text("install a newer timebank", "请安装较新的 timebank"),
        )


@define
class StoreBusy(StorageError):
    """Another process held the books too long."""

    tries_max: ClassVar[int] = 3  # each has waited long already

    waited_seconds: float
    detail: str = ""

    def _text(self) -> Text:
        held = Text(
            "another process held the books for {seconds:.0f} s",
            "另一进程占用账本 {seconds:.0f} 秒",
            seconds=self.waited_seconds,
        )
        return Text(
            "{held}; nothing was recorded: try again",
            "{held}；未登记：请重试",
            held=self.detail or held,
        )


@define
class Overtaken(StorageError):
    """Another turn was quicker, and this one has to be decided again."""

    tries_max: ClassVar[int] = 50  # somebody else got on each time

    detail: str = Text("another turn was quicker", "另一事务抢先一步")

    def _text(self) -> Text:
        return Text(
            "{detail}; nothing was recorded: try again",
            "{detail}；未登记：请重试",
            detail=self.detail,
        )


@define
class StoreUnreachable(StorageError):
    """
    The connection to the database could not be made, or was lost.

    Whether what was being written is recorded is not known: the same request, under the
    same id, finds out, and is recorded once.
    """

    tries_max: ClassVar[int] = 4

    detail: str
    remedy: str = Text(
        "ask again under the same id, which records it once",
        "请以同一编号再次提出，只会登记一次",
    )

    def _text(self) -> Text:
        return Text(
            "the database cannot be reached ({detail}): {remedy}",
            "无法连接数据库（{detail}）：{remedy}",
            detail=self.detail,
            remedy=self.remedy,
        )


@define
class StoreReadOnly(StorageError):
    """The server takes no writes: a standby, or set so."""

    detail: str

    def _text(self) -> Text:
        return Text(
            "the database takes no writes ({detail}): connect to the primary; "
            "with several hosts in the URL add target_session_attrs=read-write",
            "数据库不接受写入（{detail}）：请连接主库；URL 中有多个主机时，"
            "请加 target_session_attrs=read-write",
            detail=self.detail,
        )


@define
class ServerTooOld(StorageError):
    """The database server lacks what the books need."""

    found: str
    wanted: str

    def _text(self) -> Text:
        return Text(
            "the server is {found}, and {wanted} or newer is needed: "
            "upgrade it, or use another",
            "服务器为 {found}，需要 {wanted} 或更新的版本：请升级，或换用其他服务器",
            found=self.found,
            wanted=self.wanted,
        )


@define
class NoRight(StorageError):
    """The database role may not do this."""

    detail: str

    def _text(self) -> Text:
        return Text(
            "the database refuses it ({detail}); the owner of the tables gives a "
            "role its rights: timebank schema grants URL ROLE | psql URL; and whoever may "
            "make tables makes them: timebank schema create URL --sql | psql URL",
            "数据库拒绝（{detail}）；由数据表的所有者授权："
            "timebank schema grants URL ROLE | psql URL；由有权建表者建表："
            "timebank schema create URL --sql | psql URL",
            detail=self.detail,
        )


@define
class RetryTransaction(StorageError):
    """A transaction that the host began met another; only the host can begin it again."""

    detail: str

    def _text(self) -> Text:
        return Text(
            "{detail}; nothing was recorded: roll your transaction back, "
            "and begin it again",
            "{detail}；未登记：请回滚您的事务，然后重新开始",
            detail=self.detail,
        )


@define
class CannotJoin(StorageError):
    """A host's transaction that the books cannot be kept in; nothing was recorded."""

    found: str
    remedy: str

    def _text(self) -> Text:
        return Text(
            "the books cannot join this transaction: {found}; {remedy}",
            "账本无法加入该事务：{found}；{remedy}",
            found=self.found,
            remedy=self.remedy,
        )


NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where nothing more can be written."""


@define
class StoreFull(StorageError):
    """The disk, or the file's size limit, is full."""

    detail: str

    def _text(self) -> Text:
        return Text(
            "no room to write ({detail}); nothing was recorded: make room and try again",
            "没有写入空间（{detail}）；未登记：请腾出空间后重试",
            detail=self.detail,
        )


@define
class StoreForked(StorageError):
    """What was in use when this process was forked, which must not use it."""

    path: str

    def _text(self) -> Text:
        return Text(
            "{path} was in use by another thread or an open reader when this process was "
            "forked; nothing was recorded: fork before the books are opened, or while "
            "nobody uses them, or start processes by themselves (spawn)",
            "{path} 在本进程分叉（fork）时正被其他线程或读取占用；未登记："
            "请在打开账本之前或无人使用时分叉，或另行启动进程（spawn）",
            path=self.path,
        )


@define
class StoreDamaged(StorageError):
    """The database file cannot be read, or one of its guards was broken."""

    detail: str
    remedy: str = ""

    @classmethod
    def missing(cls, position: int) -> StoreDamaged:
        """Return the error for a journal that has a gap at *position*."""
        return cls(
            Text(
                "position {position} is missing; see `timebank verify`",
                "缺少第 {position} 条；请运行 `timebank verify`",
                position=position,
            )
        )

    def _text(self) -> Text:
        found = Text(
            "the database cannot be used as it is: {detail}",
            "数据库目前无法使用：{detail}",
            detail=self.detail,
        )
        return joined([found, self.remedy], _AND) if self.remedy else found


def may_begin_again(error: BaseException) -> bool:
    """
    Return whether a host's transaction that *error* ended may succeed if begun again.

    So it is for `RetryTransaction`, and where the database had a statement or the commit
    of the host's own give way to another transaction: a deadlock, a serialization failure
    (SQLSTATE 40001, 40P01), a SQLite file that was busy.  SQLAlchemy's errors are
    understood, Django's, and those of the drivers.
    """
    met = (error, getattr(error, "orig", None), error.__cause__)
    return isinstance(error, RetryTransaction) or any(
        getattr(each, "sqlstate", None) in {"40001", "40P01", "55P03"}
        or str(getattr(each, "sqlite_errorname", "")).startswith("SQLITE_BUSY")
        for each in met
    )
