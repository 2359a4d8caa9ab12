"""When the words of a transcript are said: places of its text to seconds.

The text of a subtitle file is its cues as paragraphs; each line of a cue is looked for behind the one
before, white space aside, so that joined and left-out lines do no harm.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.subtitles import cues_in


@dataclass(frozen=True, slots=True)
class SpokenTimes:
    """Places in a text, in order, and when what stands there is said."""

    places: tuple[int, ...]
    """Code points."""
    times: tuple[tuple[float, float], ...]
    """(start, end) in seconds, one for each place."""

    def between(self, start: int, end: int) -> tuple[float, float] | None:
        """Give when a span of the text is said, None where no time is known.

        Example:
            >>> spoken_times(data, "talk.srt", text).between(0, 12)
            (1.0, 4.5)
        """
        first = max(bisect_right(self.places, start) - 1, 0)
        last = bisect_right(self.places, max(start, end - 1))
        heard = self.times[first : max(last, first + 1)]
        if not heard:
            return None
        return min(time[0] for time in heard), max(time[1] for time in heard)


def spoken_times(data: bytes, uri: str, text: str) -> SpokenTimes:
    """Place the cues of a file of subtitles in the text that was read from it.

    Args:
        data: The file's bytes.
        uri: Where it came from, for errors.
        text: Of its `Document`.
    """
    kept = [place for place, character in enumerate(text) if not character.isspace()]
    bare = "".join(text[place] for place in kept)
    places, times, position = list[int](), list[tuple[float, float]](), 0
    for cue in cues_in(decode(data, uri)[0]):
        for line in cue.lines:
            words = "".join(line.split())
            found = bare.find(words, position) if words else -1
            if found >= 0:
                places.append(kept[found])
                times.append((cue.start, cue.end))
                position = found + len(words)
    return SpokenTimes(tuple(places), tuple(times))
