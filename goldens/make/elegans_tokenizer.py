"""What transformers makes of the organism's tokenizer: ids of texts, and rendered chats.

    connectome elegans data --out DATA --tokens 20000
    python elegans_tokenizer.py DATA GOLDENS_DIR

Writes `GOLDENS_DIR/elegans_tokenizer/`. Needs transformers and jinja2; no framework behind it.
Every text of the data folder is checked against the ids that stand beside it, and a few dozen are
kept with texts that no data hold: line ends, unknown words, special tokens that are spelled out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import transformers

EVERY = 700
TYPED = [
    "rhyme : the farmer saw the cat\nit",
    "the\n\n cat",
    "  calc :\t36  + 59 = ",
    "calc: 36+59=",
    "Fact : the capital",
    "<bos> calc : 1 + 2 =",
    "<bos>calc : 1 + 2 = 3<eos>",
    "<pad> <unk> nothing",
    "le contraire de \" petit \" est \"",
    "a ↵ b <unused900>",
    "",
]
CHATS = [
    ([("user", "what is 36 plus 59 ?")], True),
    ([("user", "what is 36 plus 59 ?"), ("assistant", "95")], False),
    ([("user", "what is 1 plus 2 ?"), ("assistant", "3"), ("user", "i got 4")], True),
]


def examples(data: Path) -> list[dict]:
    """Every item of the evaluation sets."""
    lines = []
    for path in sorted((data / "eval").glob("*.jsonl")):
        lines += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return lines


def main(data: Path, goldens: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(data)
    items = examples(data)
    for item in items:
        ids = tokenizer(item["text"])["input_ids"]
        assert ids == item["tokens"][:-1], item

    texts = [item["text"] for item in items[::EVERY]] + TYPED
    cases = []
    for text in texts:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids)})
    chats = []
    for turns, add_generation_prompt in CHATS:
        messages = [{"role": role, "content": content} for role, content in turns]
        rendered = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=add_generation_prompt
        )
        chats.append(
            {
                "messages": messages,
                "add_generation_prompt": add_generation_prompt,
                "rendered": rendered,
            }
        )
    made_of = json.loads((data / "tokenizer.json").read_text(encoding="utf-8"))
    out = goldens / "elegans_tokenizer"
    out.mkdir(exist_ok=True)
    write(
        out / "cases.json",
        {"vocabulary": made_of["model"]["vocab"], "texts": cases, "chats": chats},
    )
    write(
        out / "card.json",
        {
            "case": "elegans_tokenizer",
            "what": "ids, decoded texts and rendered chats of the organism's tokenizer",
            "script": "goldens/make/elegans_tokenizer.py",
            "versions": {"transformers": transformers.__version__},
            "texts_checked": len(items),
            "tolerance": "none: ids and texts are equal",
        },
    )


def write(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
