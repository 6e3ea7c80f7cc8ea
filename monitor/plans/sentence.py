"""A sentence for a person that another language can say as well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text with {places}, and what stands in them by name.

    The text is what is translated, before it is filled in; a value that is text is translated likewise.
    """

    text: str
    values: tuple[tuple[str, int | str], ...] = ()

    def __str__(self) -> str:
        """Return it in English."""
        return self.text.format(**dict(self.values))


def sentence(text: str, **values: int | str) -> Sentence:
    """Return a sentence with its values by name."""
    return Sentence(text, tuple(values.items()))
