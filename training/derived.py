"""What is made of the stories: the same with other names, and talk in which they are told. Each split is made of its own stories, so that what is held out is held out everywhere."""

import random
import re

from corpus import chat
from small_talk import casual, small_talk

RETELLINGS = 4  # of each story for training, the story itself among them
SMALL_TALK = 16_000  # conversations for training

GIRLS = (
    "Lily Mia Anna Lucy Sarah Jane Sara Sue Daisy Molly Jill Lila Sally Mary Amy Jen Emma Jenny Elly Emily Polly Susie Bella Cindy Rosie Lisa Lizzie Lola Ella Sophie Lulu Luna Kate Alice "
    "Chloe Julie Maddy Rachel Claire Ann Millie Emmy Becky Ruby Annie Tilly Nina Clara Nora Zoe Holly Hannah Eva Maya Rosa Leah Ivy Ada Nelly Betty Laura Helen Julia Olivia"
).split()
BOYS = (
    "Ben Tom Timmy Jack Tim Max John Bob Joe Billy Tommy Andy Benny Jake Jimmy Jim James Sammy Frank Danny Dave Henry Pete Bobby Peter Gary Jerry Mike Leo George Joey Rex Fred Teddy Ted Alfie "
    "Toby Oliver Matt Patrick Charles Tony Steve Paul Nick David Harry Noah Adam Eric Simon Felix Hugo Oscar Robin Theo Luke Eddie Willy Martin Arthur Ralph"
).split()
NAMES = re.compile(rf"\b({'|'.join(GIRLS + BOYS)})\b")

REQUESTS = [
    "Tell me a story{about}.", "Please tell me a story{about}.", "Can you tell me a story{about}?", "Could you tell me a short story{about}?", "I would like to hear a story{about}.", "Tell me a short story{about}.",
    "Write a short story{about}.", "Tell me a bedtime story{about}.", "Do you know a story{about}?", "Make up a story{about}, please.", "I want a story{about}!", "Write a story{about}.", "A story{about}, please!",
]
CONTINUATIONS = ["Continue this story: {start}", "How does this story go on? {start}", "Please finish this story: {start}", "What happens next? {start}", "Go on with this story: {start}"]
HERO = re.compile(r"\b(an?|two|three) ((?:[a-z]+,? ){1,3}?)(?:named|called) ([A-Z][a-z]+)")
THINGS = (
    "dog cat bird bear rabbit bunny fish mouse frog duck lion monkey elephant bee butterfly dragon princess prince king queen fairy witch pirate robot truck car boat train ball doll toy balloon kite tree flower garden park "
    "beach forest castle cake cookie hat dress moon star rainbow river lake farm zoo school party picnic puppy kitten horse cow pig sheep chicken fox wolf squirrel turtle snail spider bug crab whale shark penguin owl box "
    "key book hill cave house bridge bike swing slide pond boy girl farmer doctor teacher wizard knight giant ghost clown baby grandma friend secret treasure map drum song sandwich apple pie tower snowman teddy worm ant"
).split()
THING = re.compile(rf"\b({'|'.join(THINGS)})s?\b")


def retold(story, rng):
    """The story with other names for its people: girls' for girls', boys' for boys'."""
    found = set(NAMES.findall(story))
    new = {}
    for name in sorted(found):
        free = [other for other in (GIRLS if name in GIRLS else BOYS) if other not in found and other not in new.values()]
        new[name] = rng.choice(free)
    return NAMES.sub(lambda match: new[match[1]], story)


def article(noun):
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def about(story, rng):
    """What the story is about, as one would ask for it: its hero, or one or two things that it speaks of most."""
    hero = HERO.search(story[:300])
    if hero and rng.random() < 0.4:
        return f" about {hero[1]} {hero[2]}named {hero[3]}" if rng.random() < 0.6 else f" about {hero[1]} {hero[2].strip()}"
    counted = {}
    for match in THING.finditer(story):
        counted[match[1]] = counted.get(match[1], 0) + 1
    most = [thing for thing in sorted(counted, key=lambda thing: -counted[thing]) if counted[thing] >= 2][:2]
    if not most or rng.random() < 0.15:
        return ""
    first = article(f"little {most[0]}" if rng.random() < 0.25 else most[0])
    return f" about {first} and {article(most[1])}" if len(most) > 1 and rng.random() < 0.5 else f" about {first}"


def told(story, rng):
    """A request for a story and the story: for one like it, or for the rest of it."""
    sentences = re.split(r"(?<=[.!?\"]) +|\n+", story)
    if rng.random() < 0.25 and len(sentences) > 6:
        start = " ".join(sentences[: rng.choice([1, 2, 3])])
        return [rng.choice(CONTINUATIONS).format(start=start), story[len(start) :].strip()]
    return [casual(rng.choice(REQUESTS).format(about=about(story, rng)), rng), story]


def derive(stories, seed, retellings, conversations):
    """Documents by source: stories retold, each as an answer, and small talk."""
    rng = random.Random(seed)
    versions = [story if i == 0 else retold(story, rng) for story in stories for i in range(retellings)]

    def tell(rng):
        return told(rng.choice(versions), rng)

    return {
        "stories": versions,
        "story-chats": [chat(told(story, rng)) for story in versions],
        "small-talk": [chat(small_talk(rng, tell)) for _ in range(conversations)],
    }
