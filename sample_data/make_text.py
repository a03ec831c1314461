"""Makes the sample text beside this file: the log of a harbour, page after page in the same form.

Run ``python sample_data/make_text.py`` to write it again. Only the standard library is needed, and the seed is fixed.

All sentences were written for this project. What is put together by chance is the weather, which changes slowly from
day to day, and who says what about it; so there is something to be learned beyond spelling: that pages have a form,
that the wind of the heading is the wind people speak of, and that nobody sails in a storm.
"""

from __future__ import annotations

import random
from pathlib import Path

SEED = 1888
DAYS = 140
WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MONTHS = (("March", 31), ("April", 30), ("May", 31), ("June", 30), ("July", 31), ("August", 31))
FROM = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
SEA = ("smooth", "smooth", "slight", "slight", "moderate", "moderate", "rough", "rough", "high")
SKY = ("clear", "a few clouds", "cloudy", "rain at times", "steady rain", "fog until noon")
SHIPS = ("the Marigold", "the Two Sisters", "the Patience", "the Kittiwake", "the Old Reply", "the Juniper")

HARBOUR_MASTER = {
    "calm": (
        "Hardly a breath from the {wind}. Anyone may go out who can row.",
        "The flag hangs like washing. I have nothing to forbid today.",
        "Quiet water all the way to the bar. Mind the nets on the east side.",
        "No wind to speak of, so {ship} will have to be towed to her berth.",
    ),
    "fair": (
        "A good steady wind from the {wind}. {Ship} may leave with the tide.",
        "Force {force} and no worse to come. The channel is open.",
        "Fine weather for drying sails. Keep the steps clear for the ferry.",
        "The glass is steady. Whoever wants to sail should sail today.",
    ),
    "fresh": (
        "It is blowing up from the {wind}. Small boats stay inside the wall.",
        "Double your lines, please. I do not like the colour of the sky.",
        "The glass is falling. {Ship} may go, but not past the light.",
        "Force {force}, and more before night. Bring in the buoys on the slip.",
    ),
    "storm": (
        "Nobody leaves the harbour. That is an order, and not a hard one to obey.",
        "Force {force} from the {wind}. The bar is white from end to end.",
        "I have shut the gate. {Ship} is safe behind it, and so are we.",
        "Lamps at both ends of the wall tonight, and somebody to watch them.",
    ),
}
FERRY = {
    "calm": (
        "First boat at seven, last boat at nine, and nobody wet in between.",
        "We crossed in an hour. I could see every stone at the bottom.",
        "So still today that the passengers talked to each other.",
    ),
    "fair": (
        "All crossings on time. Forty people, two dogs and a piano.",
        "A little spray over the bow, which the children asked for again.",
        "The {wind} wind carries us over, and makes us work on the way back.",
    ),
    "fresh": (
        "We sail until noon. After that you had better ask again.",
        "One passenger turned back at the gangway. I did not try to change her mind.",
        "The afternoon boat is put off. The soup in the station is hot.",
    ),
    "storm": (
        "No crossings. The island will have to eat what it has.",
        "Not today, and if you ask me, not tomorrow.",
        "The ferry stays where she is, and so does her captain.",
    ),
}
LIGHTHOUSE = {
    "clear": (
        "I can see the islands, all nine of them, and the smoke of a steamer behind.",
        "A clear night. The lamp was hardly needed, but I lit it all the same.",
        "Stars down to the water. I counted three ships that I did not know.",
    ),
    "a few clouds": (
        "Good sight as far as the reef. A seal has moved in below the door.",
        "Clouds over the land, none over the water. The lamp burned well.",
        "I painted the rail while it was dry. Please do not lean on it.",
    ),
    "cloudy": (
        "Grey above and grey below. The reef shows when one knows where it is.",
        "Low cloud, but the light was seen from the bar.",
        "No stars and no moon. I turned the lamp up by a finger.",
    ),
    "rain at times": (
        "Showers coming in from the {wind}, one after the other like sheep.",
        "Between two showers I saw {ship}, and she saw me.",
        "Wet stairs today. The post can stay where it is until it is dry.",
    ),
    "steady rain": (
        "Rain since morning. The cistern is full, which is the good news.",
        "I see as far as the rail, and the rail only just.",
        "It rains through the window on the weather side. I have moved the bed again.",
    ),
    "fog until noon": (
        "Fog. I rang the bell every two minutes from four o'clock on.",
        "I heard {ship} and did not see her. She answered the bell.",
        "By noon I had my own feet back, and an hour later the reef.",
    ),
}
BAKER = (
    "Bread at six, rolls at seven, and the last of the plum cake to whoever comes first.",
    "Who has borrowed the long ladder? The gulls are at the sign again.",
    "Flour came with {ship}. There will be white bread on {tomorrow}.",
    "The crew of {ship} bought everything with raisins in it.",
    "I baked one loaf too many, as always, and as always somebody came for it.",
)
CHILDREN = (
    "We built a dam across the gutter, and now the street is a lake.",
    "There is a crab in the ferry office. It was not us.",
    "May we ring the fog bell when there is no fog?",
    "We saw {ship} first, before the lighthouse did.",
    "Somebody waved from {ship}, so we waved until she was gone.",
)
NOTES = (
    "Found on the slip: one glove, left hand, grey.",
    "High water at {hour}, low water six hours later.",
    "{Ship} came in at {hour} and paid for two nights.",
    "The pump was mended and is not to be used as a bench.",
    "Lost: an oar marked with a red ring. Found: an oar, ring washed off.",
    "Market on {tomorrow}, in the hall if it rains.",
)


class Weather:
    """It changes a little from one day to the next."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.wind, self.force, self.sky = 5, 3, 1

    def change(self) -> None:
        """Another day."""
        self.wind = (self.wind + self._chance.choice((-1, 0, 0, 1))) % len(FROM)
        self.force = min(max(self.force + self._chance.choice((-2, -1, -1, 0, 1, 1, 2)), 0), 8)
        self.sky = min(max(self.sky + self._chance.choice((-1, 0, 1)), 0), len(SKY) - 1)
        if self.force > 4 and SKY[self.sky] == "fog until noon":  # wind drives fog away
            self.sky -= 1

    @property
    def mood(self) -> str:
        """What people make of the wind."""
        return "calm" if self.force < 2 else "fair" if self.force < 5 else "fresh" if self.force < 7 else "storm"


def page(chance: random.Random, weather: Weather, day: int) -> str:
    """What is written on one day."""
    names = {
        "wind": FROM[weather.wind],
        "force": str(weather.force),
        "ship": chance.choice(SHIPS),
        "tomorrow": WEEK[(day + 1) % 7].capitalize(),
        "hour": f"{chance.randrange(1, 13)} o'clock",
    }
    names["Ship"] = names["ship"][0].upper() + names["ship"][1:]
    said = [
        ("HARBOUR MASTER", chance.choice(HARBOUR_MASTER[weather.mood])),
        ("FERRY", chance.choice(FERRY[weather.mood])),
        ("LIGHTHOUSE", chance.choice(LIGHTHOUSE[SKY[weather.sky]])),
    ]
    more = [("BAKER", chance.choice(BAKER)), ("CHILDREN", chance.choice(CHILDREN))]
    said += chance.sample(more, chance.choice((0, 1, 1, 2)))
    lines = [
        f"{WEEK[day % 7]}, {date(day)}",
        f"Wind {names['wind']}, force {names['force']}. Sea {SEA[weather.force]}. Sky: {SKY[weather.sky]}.",
        *(f"{who}: {what.format(**names)}" for who, what in said),
    ]
    if chance.random() < 0.5:
        lines.append(f"NOTE: {chance.choice(NOTES).format(**names)}")
    return "\n".join(lines)


def date(day: int) -> str:
    """Such as 1 March, for day 0."""
    for month, days in MONTHS:
        if day < days:
            return f"{day + 1} {month}"
        day -= days
    raise ValueError("the log ends with August")


def log() -> str:
    """All pages."""
    chance = random.Random(SEED)
    weather = Weather(chance)
    pages = []
    for day in range(DAYS):
        pages.append(page(chance, weather, day))
        weather.change()
    return "\n\n".join(pages) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("text").mkdir(exist_ok=True)
    Path(__file__).with_name("text").joinpath("harbour.txt").write_text(log(), "utf-8")
