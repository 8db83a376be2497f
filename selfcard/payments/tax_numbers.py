"""The tax number of a company that buys: its unified social credit code."""

from stdnum.cn import uscc

from selfcard.payments.errors import TaxNumberNeedsACompany, WrongTaxNumber
from selfcard.payments.papers import AN_INDIVIDUAL


def checked_tax_number(tax_number: str, payer: str) -> str:
    """The tax number of a named company, or none.

    Raises:
        TaxNumberNeedsACompany: a tax number without a name.
        WrongTaxNumber: it is not a unified social credit code (GB 32100-2015).
    """
    number = uscc.compact(tax_number)
    if not number:
        return ""
    if payer == AN_INDIVIDUAL.zh:
        raise TaxNumberNeedsACompany
    if not uscc.is_valid(number):
        raise WrongTaxNumber
    return number
