"""PINs of therapists: hashed with a salt, right or wrong, and slower after each wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings.catalogue import Catalogue, open_catalogue
from recordings.catalogue import pin as pins
from recordings.catalogue.entries import CatalogueError
from recordings.catalogue.pin import WrongPinError, wait_s

NOW_NS = 1_700_000_000_000_000_000
S = 1_000_000_000


def test_without_a_pin_everything_is_open(catalogue: Catalogue) -> None:
    assert catalogue.pin_names() == ()
    catalogue.unlock("")


def test_each_therapist_opens_with_a_pin_of_their_own(catalogue: Catalogue) -> None:
    catalogue.set_pin("karin", "2468")
    catalogue.set_pin("tom", "1357")
    assert catalogue.pin_names() == ("karin", "tom")
    for right in ("2468", "1357"):
        catalogue.unlock(right)
    catalogue.set_pin("tom", "99990")
    catalogue.unlock("99990")
    with pytest.raises(WrongPinError):
        catalogue.unlock("1357")

    assert catalogue.clear_pin("karin")
    assert not catalogue.clear_pin("karin")
    assert catalogue.pin_names() == ("tom",)


def test_each_wrong_pin_makes_the_next_try_slower_also_in_a_program_started_anew(place: Path | str) -> None:
    with open_catalogue(place) as catalogue:
        catalogue.set_pin("karin", "2468")
    at_ns, waits = NOW_NS, list[int]()
    for _ in range(11):
        with open_catalogue(place) as catalogue, pytest.raises(WrongPinError, match="wrong PIN") as refused:
            catalogue.unlock("0000", at_ns)
        waits.append(refused.value.wait_s)
        at_ns += waits[-1] * S
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]

    with open_catalogue(place) as catalogue:
        with pytest.raises(WrongPinError, match="wait 300 s") as early:
            catalogue.unlock("2468", at_ns - 300 * S)
        assert "pin clear --forgotten" in str(early.value)
        catalogue.unlock("2468", at_ns)
        with pytest.raises(WrongPinError) as first:
            catalogue.unlock("0000", at_ns)
    assert first.value.wait_s == 1, "a right one ends the row"


def test_a_try_that_comes_too_early_is_not_held_against_anybody(catalogue: Catalogue) -> None:
    catalogue.set_pin("karin", "2468")
    for _ in range(3):
        with pytest.raises(WrongPinError) as refused:
            catalogue.unlock("0000", NOW_NS)
        assert refused.value.wait_s == 1


@pytest.mark.parametrize(
    ("wrong", "passed_s", "left_s"),
    [(0, 0, 0), (1, 0.2, 1), (1, 1, 0), (3, 1.5, 3), (40, 0, 300), (40, 299.5, 1), (3, -86_400, 4)],
)
def test_the_wait_passes_and_a_clock_that_was_set_back_does_not_lengthen_it(
    wrong: int, passed_s: float, left_s: int
) -> None:
    assert wait_s(wrong, NOW_NS, NOW_NS + round(passed_s * S)) == left_s


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12a4", "١٢٣٤", " 1234", "1234\n"])
def test_a_pin_is_four_to_twelve_digits(pin: str, catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="4 to 12 digits"):
        catalogue.set_pin("karin", pin)
    assert catalogue.pin_names() == ()


def test_the_same_pin_is_never_kept_alike_and_never_in_clear() -> None:
    one, two = pins.hashed("2468"), pins.hashed("2468")
    assert one != two
    assert "2468" not in one.split()
    assert pins.matches("2468", one)
    assert pins.matches("2468", two)


@pytest.mark.parametrize("kept", ["", "2468", "scrypt 00 xx", "scrypt 00", "plain 00 00", "scrypt  "])
def test_what_no_pin_was_kept_as_opens_nothing(kept: str) -> None:
    assert not pins.matches("2468", kept)
