"""What the name of a column says about an address."""

from __future__ import annotations

import pytest

from batchdrop.records.queries.names import fold, get_label, guess_part, is_word, read_name, split_words


@pytest.mark.parametrize(
    ("name", "part", "group"),
    [
        ("Straße", "street", ""),
        ("STRASSE", "street", ""),
        ("Straße / Nr.", "line", ""),
        ("Straße u. Hausnr.", "line", ""),
        ("Street No.", "housenumber", ""),
        ("Street & No.", "line", ""),
        ("N° voie", "housenumber", ""),
        ("House Number/Name", "housenumber", ""),
        ("PLZ Ort", "city_line", ""),
        ("Zip/Postal Code", "postcode", ""),
        ("State/Province/Region", "state", ""),
        ("Country/Region", "country", ""),
        ("City, State & ZIP", "city_line", ""),
        ("kod pocztowy", "postcode", ""),
        ("Kapı No", "housenumber", ""),
        ("Dør", "unit", ""),
        ("улица", "street", ""),
        ("addressLocality", "city", ""),
        ("address.streetAddress", "line", ""),
        ("res_city_desc", "city", "residence"),
        ("RESIDENTIAL_ZIP", "postcode", "residence"),
        ("BillingStreet", "street", "billing"),
        ("Bill To City", "city", "billing"),
        ("City (Billing)", "city", "billing"),
        ("Country (if outside the US)", "country", ""),
        ("Strasse_2", "street", "2"),
        ("street_type", "street_type", ""),
        ("customer_street_type", "street_type", "customer"),
    ],
)
def test_a_name_says_its_part_and_its_address(name: str, part: str, group: str) -> None:
    found = read_name(name)
    assert found is not None
    assert (found.part, found.group) == (part, group)


@pytest.mark.parametrize(
    "name",
    ["email_address", "E-Mail-Adresse", "ip address", "IPADDRESS", "address_id", "city_id", "address_type", "country of birth", "Telefon Nr", "phone_country_code",
     "address_lat", "street view url", "Company", "capacity", "ethnicity", "", "  ", "note", "x" * 200],
)  # fmt: skip
def test_a_name_of_something_else_is_no_part(name: str) -> None:
    assert read_name(name) is None
    assert not guess_part(name)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Full XY address line of it", "line"),
        ("Objektanschrift", "line"),
        ("Home town of XY", "city"),
        ("The street", "street"),
        ("Sales Region", ""),
    ],
)
def test_a_word_in_a_name_tells_what_it_looks_like(name: str, part: str) -> None:
    found = read_name(name)
    assert (found.part if found else guess_part(name)) == part


@pytest.mark.parametrize(
    ("name", "known"),
    [("ZIP", True), ("strasse", True), ("no", False), ("CO", False), ("IL", False), ("Springfield", False)],
)
def test_a_word_of_data_is_no_well_known_name(name: str, known: bool) -> None:
    assert is_word(name) is known


def test_names_are_folded_and_cut_into_words() -> None:
    assert (fold("Łódź – Kraków 2"), fold("№ Дома")) == ("lodzkrakow2", "noдома")
    assert split_words("addressLine1") == ["address", "line", "1"]
    assert split_words("BILLING_ZIP-code") == ["billing", "zip", "code"]


def test_a_bare_unit_gets_the_word_of_its_column() -> None:
    assert [get_label(name) for name in ("Apt No", "nr lokalu", "Suite", "Postfach", "x")] == [
        "Apt",
        "lok.",
        "Ste",
        "Postfach",
        "",
    ]
