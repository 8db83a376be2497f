"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "organisations.Party": held(staff="code name_zh name_en pinyin"),
    "organisations.Organisation": held(business="path"),
    "organisations.Staff": held(
        key="password",
        staff="party username title_zh title_en language",
        business="id last_login is_active organisation",
    ),
}
