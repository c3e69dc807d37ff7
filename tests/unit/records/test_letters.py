"""Letters that were lost or misread before the file was dropped."""

from __future__ import annotations

import pytest

from batchdrop.records.letters import LOST, MOJIBAKE, find_damage, has_escaped_sign

PLACES = ("Köln", "São Paulo", "Łódź", "Αθήνα", "Москва", "Đà Nẵng", "東京", "서울", "L’Aquila", "Nº 5", "València", "Iași")  # fmt: skip


def misread(text: str, encoding: str) -> str:
    """The text as a reader shows it that takes its UTF-8 for another encoding."""
    data = text.encode()
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in data)


@pytest.mark.parametrize("place", PLACES)
def test_utf_8_read_as_cp1252_is_noticed(place: str) -> None:
    assert find_damage(f"1,{misread(place, 'cp1252')},x".encode()) == MOJIBAKE


@pytest.mark.parametrize("place", ["Köln", "São Paulo", "Málaga"])
@pytest.mark.parametrize("encoding", ["latin-1", "mac_roman", "cp437", "cp850"])
def test_and_so_is_utf_8_read_in_encodings_of_other_systems(place: str, encoding: str) -> None:
    assert find_damage(f"1,{misread(place, encoding)},x".encode()) == MOJIBAKE


@pytest.mark.parametrize("text", ["Goi\ufffds", "Goi\u00ef\u00bf\u00bds", "\ufffd"])
def test_a_sign_for_a_lost_letter_is_noticed_also_when_it_was_misread_itself(text: str) -> None:
    assert find_damage(f"a,{text}".encode()) == LOST


@pytest.mark.parametrize(
    "text",
    [
        *PLACES, "SÃO PAULO", "IRMÃS", "„Fuß“ 5", "CAFÉ» 3", "Ångström", "Ñuñoa", "ÎLE-DE-FRANCE", "Ça va?", "ÄÖÜ–Weg", "Â", "Ã",
        "«À gauche»", "ISLÂM", "Çankırı", "ÇİĞLİ", "Đorđe", "Þingvellir", "plain", "√2 Street", "A├B",
    ],
)  # fmt: skip
def test_names_as_they_are_written_are_not(text: str) -> None:
    assert not find_damage(f"1,{text},x".encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rb'{"a":"x\ufffdy"}', True),
        (rb'{"a":"x\uFFFDy"}', True),
        (rb'{"a":"x\\ufffd"}', False),
        (rb'{"a":"x\\\ufffd"}', True),
        (rb'{"a":"\u00fc"}', False),
    ],
)
def test_json_may_spell_the_sign_out(text: bytes, expected: bool) -> None:
    assert has_escaped_sign(text) == expected
