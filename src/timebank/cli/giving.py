"""
Giving credits, and redeeming them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from attrs import evolve, frozen
from cyclopts import Parameter

from .. import operations as ops
from ..bank import Bank
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, When
from .endings import ExitCode, understood
from .facts import FactsTyped, facts
from .helping import Help
from .posting import post
from .recording import Body
from .sharing import PaidBy, common, payers
from .typed import Money, OwnId, Whole

Payer = Annotated[str, Parameter(help=Help("Whose credits they are.", "谁的积分。"))]
Payee = Annotated[str, Parameter(help=Help("Who is to have them.", "给谁。"))]
Amount = Annotated[
    str,
    Parameter(
        help=Help(
            "How much, in the unit: 20, 1.5, or 2:30 for hours.",
            "数量，以该单位计：20、1.5，时长可写 2:30。",
        )
    ),
]
UnitName = Annotated[
    str,
    Parameter(
        name="UNIT",
        help=Help(
            "The policy's unit, such as hours or points.",
            "政策中的单位，如 hours 或 points。",
        ),
    ),
]

Purpose = Annotated[
    OwnId | None,
    Parameter(
        help=Help(
            "What they are for, in a word of the policy or yours.",
            "用途，用政策或您自己的词。",
        )
    ),
]


@Parameter(name="*")
@frozen(kw_only=True)
class Given:
    """
    What else is said of credits that are given.

    Args:
        purpose: What they are for.
        body: For whom, or through whom, they go.
        fact: The facts that rules ask for.
    """

    purpose: Purpose = None
    body: Body = None
    fact: FactsTyped = ()


PLAINLY: Final = Given()


def _given(  # noqa: PLR0913 - what the four commands below share
    kind: Callable[..., ops.Operation],
    amount: str,
    unit: str,
    given: Given,
    *,
    when: When,
    access: Access,
    **who: str,
) -> ExitCode:
    with access.writing() as bank:
        with understood():
            operation = kind(
                **who,
                unit=unit,
                amount=bank.unit(unit).parts(amount),
                facts=facts(bank, given.fact),
                purpose=given.purpose,
                body=given.body,
            )
        return post(bank, operation, when)


def give(  # noqa: PLR0913 - the switches of one command
    payer: Payer,
    payee: Payee,
    amount: Amount,
    unit: UnitName,
    /,
    *,
    given: Given = PLAINLY,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Give credits to another account.

    For example: timebank give v-0007 v-0012 1:30 hours

    将积分赠予另一账户。

    例如：timebank give v-0007 v-0012 1:30 hours
    """
    return _given(
        ops.Give,
        amount,
        unit,
        given,
        when=when,
        access=access,
        payer=payer,
        payee=payee,
    )


def donate(  # noqa: PLR0913 - the switches of one command
    payer: Payer,
    amount: Amount,
    unit: UnitName,
    /,
    *,
    given: Given = PLAINLY,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Give credits to the pool that the policy names, for others to use.

    将积分捐入政策指定的公共池，供他人使用。
    """
    return _given(
        ops.Donate, amount, unit, given, when=when, access=access, payer=payer
    )


def grant(  # noqa: PLR0913 - the switches of one command
    payee: Payee,
    amount: Amount,
    unit: UnitName,
    /,
    *,
    given: Given = PLAINLY,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Hand out credits from the fund that the policy names, or new ones.

    由政策指定的基金发放积分，或发放新的积分。
    """
    return _given(ops.Grant, amount, unit, given, when=when, access=access, payee=payee)


def allocate(  # noqa: PLR0913 - the switches of one command
    payee: Payee,
    amount: Amount,
    unit: UnitName,
    /,
    *,
    given: Given = PLAINLY,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Hand credits from the policy's pool to somebody.

    将政策公共池中的积分分配给某人。
    """
    return _given(
        ops.Allocate, amount, unit, given, when=when, access=access, payee=payee
    )


# ---------------------------------------------------------------- redeeming

Item = Annotated[
    str,
    Parameter(
        help=Help(
            "What is redeemed, as the policy calls it.", "兑换项目，用政策中的名称。"
        )
    ),
]
Quantity = Annotated[
    Whole, Parameter(help=Help("How many pieces; 1 by default.", "件数；默认为 1。"))
]
Order = Annotated[str, Parameter(help=Help("The order's id.", "订单编号。"))]
Cash = Annotated[
    Money | None,
    Parameter(
        help=Help(
            "Money paid beside the credits, such as 12.50; not in the books.",
            "在积分之外所付的现金，如 12.50；不入账本。",
        )
    ),
]
Beneficiary = Annotated[
    str | None,
    Parameter(
        help=Help(
            "Who receives it, where that is somebody else.", "受益人（如为他人）。"
        )
    ),
]
Merchant = Annotated[
    str | None,
    Parameter(
        help=Help(
            "Who delivers it, where that is an account.", "交付的商户（如有账户）。"
        )
    ),
]


@Parameter(name="*")
@frozen(kw_only=True)
class Ordered:
    """
    What else is said of something that is redeemed.

    Args:
        beneficiary: Who receives it.
        merchant: Who delivers it.
        paid_by: Who pays for it, where several do.
        cash: What is paid beside the credits.
        body: For whom, or through whom, it goes.
        fact: The facts that rules ask for.
    """

    beneficiary: Beneficiary = None
    merchant: Merchant = None
    paid_by: PaidBy = ()
    cash: Cash = None
    body: Body = None
    fact: FactsTyped = ()


FOR_THEMSELVES: Final = Ordered()


def order(  # noqa: PLR0913 - the switches of one command
    payer: Payer,
    item: Item,
    quantity: Quantity = 1,
    /,
    *,
    ordered: Ordered = FOR_THEMSELVES,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Order something: its price is set aside until it is fulfilled or cancelled.

    下单：冻结其价格，直至交付或取消。
    """
    with access.writing() as bank:
        with understood():
            operation = _order(bank, payer, item, quantity, ordered)
        return post(bank, operation, when)


def redeem(  # noqa: PLR0913 - the switches of one command
    payer: Payer,
    item: Item,
    quantity: Quantity = 1,
    /,
    *,
    ordered: Ordered = FOR_THEMSELVES,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Order something and hand it over in one step: its price is taken at once.

    下单并当场交付：价格立即扣除。
    """
    with access.writing() as bank:
        with understood():
            operation = _order(bank, payer, item, quantity, ordered)
        return post(bank, evolve(operation, delivered=True), when)


def _order(
    bank: Bank, payer: str, item: str, quantity: int, ordered: Ordered
) -> ops.PlaceOrder:
    several = payers(ordered.paid_by, ordered.fact, bank)
    return ops.PlaceOrder(
        payer=payer,
        item=item,
        quantity=quantity,
        beneficiary=ordered.beneficiary,
        merchant=ordered.merchant,
        facts=facts(bank, common(ordered.fact, several)),
        cash=ordered.cash,
        body=ordered.body,
        payers=several,
    )


def fulfil(
    order: Order,
    quantity: Annotated[
        Whole | None,
        Parameter(
            help=Help(
                "How many pieces; all that are left by default.",
                "件数；默认为余下的全部。",
            )
        ),
    ] = None,
    /,
    *,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Hand over what was ordered: what is held for it is taken.

    交付所订：扣除为其冻结的积分。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.FulfilOrder(order=order, quantity=quantity)
        return post(bank, operation, when)


def cancel(
    order: Order,
    /,
    *,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Cancel what is left of an order: what is still held for it is given back.

    取消订单余下的部分：归还仍为其冻结的积分。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.CancelOrder(order=order, facts=facts(bank, fact))
        return post(bank, operation, when)
