#!/usr/bin/env python3
"""Makes a model file (GGUF) for llama.cpp out of the texts of a run, where no weights are at hand: docs/backends.md.

A Markov chain over sentences: attention and feed-forward weights are zero, a token's embedding is one unit vector, and
the output matrix holds the logarithms of what may follow it. A sentence of the n-th place is followed by any one of the
next place, the last by the end of the text. A grammar that forbids prose (a JSON schema) leads it into a judgement. It
does not read its prompt: it tries a server's protocol, not texts.
"""
import json, math, re, struct, sys

TEXTS = 56            # texts that it learns; some 50 tokens each
SHORTEST_PIECE = 7    # characters of a token; prompts are read byte by byte
NEVER = -30.0         # logarithm of what may not follow
JSON_START = -12.0    # of a judgement at the beginning: only when a grammar leaves nothing else
HOURS = re.compile(r"\b(morning|afternoon|evening|night|noon|midnight|o'clock|degrees|fog|rain|clear|storm)\b", re.I)
GOOD = ['{"feedback": "It reads well.", "is_valid": ', 'true, "issues": [], "overall_score": 0.9}']
BAD = ('false, "issues": [{"category": "voice", "confidence": 0.8, "evidence": "", "message": "It is not her voice.", '
       '"severity": "critical", "suggestion": ""}], "overall_score": 0.3}')

class Model:
    def __init__(self):
        self.pieces = [("<unk>", 2), ("<s>", 3), ("</s>", 3), ("<|system|>", 3), ("<|user|>", 3), ("<|assistant|>", 3)]
        self.pieces += [("<0x%02X>" % byte, 6) for byte in range(256)]
        self.known = {text for text, _ in self.pieces}
        self.dimension = {5: 1}   # token -> its own unit vector; all others share vector 0
        self.follows = []         # (token, next token, logarithm)

    def chain(self, text):
        """Adds a sentence as tokens that no other sentence uses, and returns its first and last one."""
        tokens, at = [], 0
        while at < len(text):
            end = at + SHORTEST_PIECE
            while text[at:end] in self.known and end < len(text):
                end += 1
            end = len(text) if len(text) - end < SHORTEST_PIECE else end
            if text[at:end] in self.known:
                return None   # a sentence that came before
            self.known.add(text[at:end])
            self.pieces.append((text[at:end], 1))
            tokens.append(len(self.pieces) - 1)
            self.dimension[tokens[-1]], at = len(self.dimension) + 1, end
        self.follows += [(a, b, 0.0) for a, b in zip(tokens, tokens[1:])]
        return tokens[0], tokens[-1]

    def join(self, before, after):
        self.follows += [(a, b, -math.log(len(after))) for a in before for b in after]

def learn(texts):
    model, places = Model(), [[] for _ in range(6)]
    for text in texts:
        for place, sentence in enumerate(s for s in re.split(r"(?<=[.!?]) ", text) if not HOURS.search(s)):
            ends = model.chain("\u2581" + sentence.replace(" ", "\u2581"))
            if ends and place < len(places):
                places[place].append(ends)
    before = [5]   # the mark of who speaks
    for place in filter(None, places):
        model.join(before, [first for first, _ in place])
        before = [last for _, last in place]
    model.join(before, [2])
    start, good, bad = (model.chain(s.replace(" ", "\u2581")) for s in GOOD + [BAD])
    model.follows += [(5, start[0], JSON_START), (start[1], good[0], -0.6), (start[1], bad[0], -0.8)]
    model.join([good[1], bad[1], 0], [2])
    return model

def value(v):
    """A GGUF value with its type: 4 = uint32, 6 = float32, 7 = bool, 8 = string, 9 = array."""
    if isinstance(v, str):
        return 8, struct.pack("<Q", len(v.encode())) + v.encode()
    if not isinstance(v, list):
        kind, form = {bool: (7, "<B"), int: (4, "<I"), float: (6, "<f")}[type(v)]
        return kind, struct.pack(form, v)
    return 9, struct.pack("<IQ", value(v[0])[0], len(v)) + b"".join(value(x)[1] for x in v)

def matrix(columns, rows, entries, default=0.0):
    """Half floats, row by row; `entries` are (row, column, number)."""
    data = bytearray(struct.pack("<e", default) * (columns * rows))
    for row, column, number in entries:
        struct.pack_into("<e", data, 2 * (row * columns + column), number)
    return (columns, rows), 1, bytes(data)

def write(model, path):
    count, width, inner = len(model.pieces), -(-(len(model.dimension) + 1) // 64) * 64, 64
    scale = 1 / math.sqrt(width)   # a unit vector has the value sqrt(width) after the norm
    ones = (width,), 0, struct.pack("<f", 1.0) * width
    layer = {"attn_norm": ones, "ffn_norm": ones}
    layer.update((name, matrix(inner, width, ())) for name in ("attn_output", "ffn_down"))
    layer.update((name, matrix(width, inner, ())) for name in ("attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up"))
    tensors = {"output_norm": ones,
               "token_embd": matrix(width, count, ((t, model.dimension.get(t, 0), 1.0) for t in range(count))),
               "output": matrix(width, count, ((b, model.dimension.get(a, 0), w * scale)
                                              for a, b, w in model.follows), NEVER * scale)}
    tensors.update(("blk.0." + name, tensor) for name, tensor in layer.items())
    keys = {"general.architecture": "llama", "general.name": "sentences", "tokenizer.ggml.model": "llama"}
    keys.update(("llama." + name, number) for name, number in {
        "context_length": 32768, "embedding_length": width, "block_count": 1, "feed_forward_length": inner,
        "vocab_size": count, "attention.head_count": 1, "attention.head_count_kv": 1, "attention.key_length": inner,
        "attention.value_length": inner, "rope.dimension_count": inner, "attention.layer_norm_rms_epsilon": 1e-6}.items())
    keys.update(("tokenizer." + name, v) for name, v in {
        "ggml.tokens": [t for t, _ in model.pieces], "ggml.scores": [-float(len(t)) for t, _ in model.pieces],
        "ggml.bos_token_id": 1, "ggml.eos_token_id": 2, "ggml.unknown_token_id": 0, "ggml.add_bos_token": True,
        "chat_template": "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
                         "{% if add_generation_prompt %}<|assistant|>{% endif %}"}.items())
    with open(path, "wb") as out:
        kinds = [k for _, k in model.pieces]
        out.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys) + 1))
        for key, v in keys.items():
            kind, data = value(v)
            out.write(value(key)[1] + struct.pack("<I", kind) + data)
        out.write(value("tokenizer.ggml.token_type")[1] + struct.pack("<IIQ%di" % len(kinds), 9, 5, len(kinds), *kinds))
        at = 0
        for name, (shape, kind, data) in tensors.items():
            out.write(value(name + ".weight")[1] + struct.pack("<I%dQIQ" % len(shape), len(shape), *shape, kind, at))
            at += -(-len(data) // 32) * 32
        for _, _, data in tensors.values():
            out.write(b"\0" * (-out.tell() % 32) + data)

if __name__ == "__main__":
    rows = map(json.loads, open(sys.argv[1], encoding="utf-8"))
    write(learn([row["text"] for row in rows if row.get("type") == "gossip"][:TEXTS]), sys.argv[2])
