"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "products.Product": held(business="code name_zh name_en"),
    "products.ProductVersion": held(
        business=(
            "name_zh name_en summary_zh summary_en currency rules exclusions claim_papers"
            " clauses_zh clauses_en"
        ),
    ),
    "products.Coverage": held(business="name_zh name_en currency terms_zh terms_en"),
}
