"""
Giving credits, and redeeming them.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from .. import operations as ops
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, When
from .endings import understood
from .posting import post
from .recording import Body
from .typed import FactsTyped, Money, OwnId, Whole, facts

Payer = Annotated[str, Parameter(help="Whose credits they are.")]
Payee = Annotated[str, Parameter(help="Who is to have them.")]
Amount = Annotated[
    str, Parameter(help="How much, in the unit: 20, 1.5, or 2:30 for hours.")
]
UnitName = Annotated[
    str, Parameter(name="UNIT", help="The policy's unit, such as hours or points.")
]

Purpose = Annotated[
    OwnId | None, Parameter(help="What they are for, in a word of the policy or yours.")
]


def give(  # noqa: PLR0913 - the switches of one command
    payer: Payer,
    payee: Payee,
    amount: Amount,
    unit: UnitName,
    /,
    *,
    purpose: Purpose = None,
    body: Body = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Give credits to another account.

    For example: timebank give v-0007 v-0012 1:30 hours
    """
    with access.writing() as bank:
        with understood():
            operation = ops.Give(
                payer=payer,
                payee=payee,
                unit=unit,
                amount=bank.unit(unit).parts(amount),
                facts=facts(bank, fact),
                purpose=purpose,
                body=body,
            )
        return post(bank, operation, when, access)


def donate(  # noqa: PLR0913 - the switches of one command
    payer: Payer,
    amount: Amount,
    unit: UnitName,
    /,
    *,
    purpose: Purpose = None,
    body: Body = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Give credits to the pool that the policy names, for others to use.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.Donate(
                payer=payer,
                unit=unit,
                amount=bank.unit(unit).parts(amount),
                facts=facts(bank, fact),
                purpose=purpose,
                body=body,
            )
        return post(bank, operation, when, access)


def grant(  # noqa: PLR0913 - the switches of one command
    payee: Payee,
    amount: Amount,
    unit: UnitName,
    /,
    *,
    purpose: Purpose = None,
    body: Body = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Hand out credits from the fund that the policy names, or new ones.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.Grant(
                payee=payee,
                unit=unit,
                amount=bank.unit(unit).parts(amount),
                facts=facts(bank, fact),
                purpose=purpose,
                body=body,
            )
        return post(bank, operation, when, access)


def allocate(  # noqa: PLR0913 - the switches of one command
    payee: Payee,
    amount: Amount,
    unit: UnitName,
    /,
    *,
    purpose: Purpose = None,
    body: Body = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Hand credits from the policy's pool to somebody.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.Allocate(
                payee=payee,
                unit=unit,
                amount=bank.unit(unit).parts(amount),
                facts=facts(bank, fact),
                purpose=purpose,
                body=body,
            )
        return post(bank, operation, when, access)


# ---------------------------------------------------------------- redeeming

Item = Annotated[str, Parameter(help="What is redeemed, as the policy calls it.")]
Quantity = Annotated[Whole, Parameter(help="How many pieces.")]
Order = Annotated[str, Parameter(help="The order's id.")]
Cash = Annotated[
    Money | None,
    Parameter(help="Money paid beside the credits, such as 12.50; not in the books."),
]
Beneficiary = Annotated[
    str | None, Parameter(help="Who receives it, where that is somebody else.")
]
Merchant = Annotated[
    str | None, Parameter(help="Who delivers it, where that is an account.")
]


def order(  # noqa: PLR0913 - the switches of one command
    payer: Payer,
    item: Item,
    quantity: Quantity = 1,
    /,
    *,
    beneficiary: Beneficiary = None,
    merchant: Merchant = None,
    cash: Cash = None,
    body: Body = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Order something: its price is set aside until it is fulfilled or cancelled.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.PlaceOrder(
                payer=payer,
                item=item,
                quantity=quantity,
                beneficiary=beneficiary,
                merchant=merchant,
                facts=facts(bank, fact),
                cash=cash,
                body=body,
            )
        return post(bank, operation, when, access)


def redeem(  # noqa: PLR0913 - the switches of one command
    payer: Payer,
    item: Item,
    quantity: Quantity = 1,
    /,
    *,
    beneficiary: Beneficiary = None,
    merchant: Merchant = None,
    cash: Cash = None,
    body: Body = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Order something and hand it over in one step: its price is taken at once.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.PlaceOrder(
                payer=payer,
                item=item,
                quantity=quantity,
                beneficiary=beneficiary,
                merchant=merchant,
                delivered=True,
                facts=facts(bank, fact),
                cash=cash,
                body=body,
            )
        return post(bank, operation, when, access)


def fulfil(
    order: Order,
    quantity: Annotated[
        Whole | None, Parameter(help="How many pieces; all that are left by default.")
    ] = None,
    /,
    *,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Hand over what was ordered: what is held for it is taken.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.FulfilOrder(order=order, quantity=quantity)
        return post(bank, operation, when, access)


def cancel(
    order: Order,
    /,
    *,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Cancel what is left of an order: what is still held for it is given back.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.CancelOrder(order=order)
        return post(bank, operation, when, access)
