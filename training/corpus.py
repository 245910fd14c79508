"""The corpus as documents: what is read, how it is cleaned, and how talk is written down. Plain Python."""

import json
import lzma
import os
import random
import re
from concurrent.futures import ProcessPoolExecutor

from recipe import END_OF_TEXT, TURN_END, TURN_START

PLAIN = str.maketrans({
    "‘": "'", "’": "'", "′": "'", "´": "'", "`": "'", "ʻ": "'", "“": '"', "”": '"', "″": '"', "«": '"', "»": '"',
    "–": "—", "…": "...", "‚": ",", "\u00a0": " ", "\t": " ", "\ufeff": None, "\u200b": None, "\u200e": None, "\r": None,
})
# UTF-8 that was once read as Windows-1252, as some of TinyStories is.
MOJIBAKE = {"â€œ": '"', "â€\x9d": '"', "â€": '"', "â€™": "'", "â€˜": "'", "â€”": "—", "â€“": "—", "â€¦": "..."}


ENOUGH = 60_000  # characters of held-out text


def clean(text):
    """Straight quotes, one kind of dash, no control characters, at most one empty line."""
    for wrong in sorted(MOJIBAKE, key=len, reverse=True):
        text = text.replace(wrong, MOJIBAKE[wrong])
    text = text.translate(PLAIN).replace("<|", "<").replace("|>", ">")
    text = re.sub(r" ?-{2,} ?", "—", text)
    text = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", "", text)
    text = re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def read(folder, name):
    with lzma.open(os.path.join(folder, name), "rt", encoding="utf-8") as file:
        return file.read()


# Of the children's books, those for the youngest: fairy tales, animals that talk, and children at play.
TALES = (
    "Alice's Adventures", "Through the Looking-Glass", "The Tale of", "The Tale Of", "The Story of the Amulet", "Black Beauty", "The Carved Lions", "The Cuckoo Clock", "The Book of Dragons", "Five Children and It", "The Jungle Book",
    "Mopsa the Fairy", "The Three Mulla-mulgars", "Peter Pan", "Prince Prigio", "The Happy Prince", "The Princess and the Goblin", "The Railway Children", "The Rose and the Ring", "The Secret Garden",
    "The Story of the Treasure Seekers", "The King of the Golden River", "The Tapestry Room", "The Surprising Adventures of Sir Toady", "Nine Unlikely Tales", "Adventures in Wallypug-Land", "The Water-Babies",
    "The Wind in the Willows", "At the Back of the North Wind",
)


def tales(folder, name):
    return [book for book in books(folder, name) if book.startswith(TALES)]


def other_children(folder, name):
    return [book for book in books(folder, name) if not book.startswith(TALES)]


def books(folder, name):
    """Whole books, volumes of one put together. Underscores, which stood for italics, go."""
    works = {}
    for text in read(folder, name).split(END_OF_TEXT):
        text = clean(text.replace("_", ""))
        if text:
            title = text.split("\n")[0]
            works.setdefault(re.sub(r" Volume \d.*", "", title), []).append(text)
    return ["\n\n".join(volumes) for volumes in works.values()]


def stories(folder):
    """Stories whose encoding could not be mended, some ten, are left out."""
    texts = (clean(text) for text in read(folder, "stories_tinystories_sample.txt.xz").split(END_OF_TEXT))
    return [text for text in texts if text and not re.search("[âÂÃ]", text)]


def chat(turns):
    """ChatML, the first turn the user's, the last one the assistant's."""
    turns = turns[: len(turns) // 2 * 2]
    return "".join(f"{TURN_START}{'assistant' if i % 2 else 'user'}\n{turn}{TURN_END}\n" for i, turn in enumerate(turns))


def cleaned_turns(turns):
    """Cleaned together, which is much faster than one by one; nothing where a turn is empty."""
    lines = clean("\n".join(turn.replace("\n", " ") for turn in turns)).split("\n")
    return lines if len(lines) == len(turns) and all(lines) else []


def written_well(turn):
    """Hasty typing mended where it takes no guessing: capitals at the start and for I, a full stop at the end."""
    turn = LONELY_I.sub("I", turn)
    turn = turn[0].upper() + turn[1:]
    return turn if turn[-1] in ".!?\"')" else turn + "."


LONELY_I = re.compile(r"\bi\b(?=$|[ ,.!?']|'m|'ve|'ll|'d)")


def dialogues(folder, name):
    return [json.loads(line)["turns"] for line in read(folder, name).splitlines()]


def chats(folder):
    documents = map(cleaned_turns, dialogues(folder, "dialog_self.jsonl.xz"))
    return [chat([written_well(turn) for turn in document]) for document in documents if document]


def tasks(folder):
    documents = (cleaned_turns([text for _, text in document]) for document in dialogues(folder, "dialog_sgd.jsonl.xz"))
    return [chat(document) for document in documents if document]


def sources(folder):
    """Documents by source, before they are split; read side by side. What is made of the stories is made after the split (`derived.py`)."""
    jobs = {
        "tales": (tales, folder, "books_children_ChiLit.txt.xz"),
        "children": (other_children, folder, "books_children_ChiLit.txt.xz"),
        "novels": (books, folder, "books_novels_ccr.txt.xz"),
        "stories": (stories, folder),
        "chats": (chats, folder),
        "tasks": (tasks, folder),
    }
    with ProcessPoolExecutor(len(jobs)) as pool:
        running = {name: pool.submit(*job) for name, job in jobs.items()}
        return {name: job.result() for name, job in running.items()}


def held_out(documents, share, seed):
    """Indices of documents to hold out, at random: `share` of the text or more, and of small sources up to 3 %, so that there is something to measure. None is larger than twice what is wanted, so that no long book is lost."""
    size = sum(map(len, documents))
    wanted = max(share * size, min(ENOUGH, 0.03 * size))
    order = list(range(len(documents)))
    random.Random(seed).shuffle(order)
    chosen, found = set(), 0
    for index in order:
        if found >= wanted:
            break
        if len(documents[index]) <= 2 * wanted:
            chosen.add(index)
            found += len(documents[index])
    return chosen
