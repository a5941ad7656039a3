"""Stretches of time in the style of ISO 8601, and numerals that name years."""

from __future__ import annotations

from dataclasses import dataclass

OPEN = ".."
YEAR = "(?<![0-9０-９.．])(?:(?:19|20|１９|２０)[0-9０-９]{2}|[一二][九〇○零][〇○零一二三四五六七八九]{2})"
"""A pattern for the number of a year, in figures of either width or in Chinese."""

NUMERALS = str.maketrans("０１２３４５６７８９〇○零一二三四五六七八九", "0123456789000123456789")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time, both ends included, each as precise as the words that name it.

    Attributes:
        first: ``"2023"``, ``"2023-06"``, ``"2023-06-30"``; ``".."`` where no beginning is named.
        last: The same for the end.

    Example:
        >>> Stretch("2019", "2023").text, Stretch("2023-06", "2023-06").text, Stretch("..", "2023-12").text
        ('2019/2023', '2023-06', '../2023-12')
    """

    first: str
    last: str

    @property
    def text(self) -> str:
        """One date where both ends are the same, else ``first/last``."""
        return self.first if self.first == self.last else f"{self.first}/{self.last}"

    @property
    def year(self) -> int:
        """The year it ends in, or begins in where no end is named."""
        return int((self.first if self.last == OPEN else self.last)[:4])

    def before(self) -> Stretch:
        """The stretch of the same length that ends where this one begins; a year before for single days and open ends.

        Example:
            >>> Stretch("2023", "2023").before().text, Stretch("2023-01", "2023-03").before().text
            ('2022', '2022-10/2022-12')
        """
        if len(self.first) == len(self.last) == 4:
            length = int(self.last) - int(self.first) + 1
            return self.shift(-length)
        if len(self.first) == len(self.last) == 7:
            first, last = (int(date[:4]) * 12 + int(date[5:]) - 1 for date in (self.first, self.last))
            months = [month - (last - first + 1) for month in (first, last)]
            return Stretch(*(f"{month // 12:04d}-{month % 12 + 1:02d}" for month in months))
        return self.shift(-1)

    def shift(self, years: int) -> Stretch:
        """The same dates so many years later; 29 February becomes 28 February."""
        return Stretch(_shift(self.first, years), _shift(self.last, years))


def _shift(date: str, years: int) -> str:
    """A date so many years later."""
    if date == OPEN:
        return date
    moved = f"{int(date[:4]) + years:04d}{date[4:]}"
    return moved[:-2] + "28" if moved.endswith("-02-29") else moved


def number(text: str) -> int:
    """A numeral of at most four digits, in figures of either width or in Chinese.

    Example:
        >>> number("２３"), number("二十三"), number("二〇二三")
        (23, 23, 2023)
    """
    text = text.replace("两", "二")
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (number(tens) if tens else 1) * 10 + (number(ones) if ones else 0)
    return int(text.translate(NUMERALS))


def stretch(first: int, last: int) -> Stretch:
    """Whole years, both included."""
    return Stretch(f"{first:04d}", f"{last:04d}")


@dataclass(frozen=True, slots=True)
class Clock:
    """What relative words count from.

    Attributes:
        report: The year the report speaks of, None if unknown.
        sentence: The year named last in the same sentence, else `report`.
    """

    report: int | None
    sentence: int | None
