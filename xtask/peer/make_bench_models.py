"""Makes the random models and dictionaries that the benchmark times.

Three cases, each written in formats that circuit-tracer and Connectome both read as they are:

    DIR/model/            Hugging Face directory (config.json, model.safetensors, tokenizer.json, ...)
    DIR/transcoders/      circuit-tracer's native layout (config.yaml and one or two files a layer)
    DIR/prompt_ids.json   a JSON array of token ids, the first one `<bos>`; a run takes a prefix of it
    DIR/bench.json        what was made: shapes, seeds, target rate, library versions

    gpt2_clt      GPT-2-small shape, CLT 12 x 4096, ReLU
    llama1b_plt   Llama-3.2-1B shape, PLT 16 x 8192, ReLU
    scaling       4-layer Llama (d 256, vocabulary 512, 8192 positions), CLT 4 x 1024, ReLU

The weights are random, but every bias is calibrated on the prompt so that a fixed fraction of the
(token, feature) slots of each layer is active: attribution then has the load of a real run.
The same arguments and library versions give the same files, byte for byte.

Needs torch, transformers, safetensors and numpy; never circuit-tracer.
"""

import argparse
import dataclasses
import json
import math
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, PreTrainedTokenizerFast

BOS, EOS, PAD = 1, 2, 3
PROMPT_SEED = 5
DICTIONARY_SEED = 7


@dataclasses.dataclass(frozen=True)
class Case:
    """Shapes of one benchmark case; `rate` is the active fraction of (token, feature) slots."""

    arch: str
    kind: str
    n_layers: int
    d_model: int
    n_heads: int
    vocab: int
    n_features: int
    rate: float
    seed: int
    n_prompt: int = 128
    prompt_high: int = 900
    n_kv_heads: int = 0
    d_mlp: int = 0
    max_positions: int = 0
    embed_scale: float = 1.0
    tied: bool = True
    rope_scaling: dict | None = None

    @property
    def sites(self) -> tuple[str, str]:
        """Where features read and where they write, as circuit-tracer names the sites."""
        if self.kind == "clt":
            return "hook_resid_mid", "hook_mlp_out"
        return "mlp.hook_in", "mlp.hook_out"


CASES = {
    "gpt2_clt": Case(
        "gpt2", "clt", n_layers=12, d_model=768, n_heads=12, vocab=50257, n_features=4096,
        rate=0.003, seed=100, max_positions=256, embed_scale=0.12,
    ),
    "llama1b_plt": Case(
        "llama", "plt", n_layers=16, d_model=2048, n_heads=32, n_kv_heads=8, d_mlp=8192,
        vocab=128256, n_features=8192, rate=0.002, seed=101, max_positions=512, embed_scale=0.06,
        rope_scaling=dict(
            rope_type="llama3", factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=8192,
        ),
    ),
    "scaling": Case(
        "llama", "clt", n_layers=4, d_model=256, n_heads=4, n_kv_heads=4, d_mlp=1024, vocab=512,
        n_features=1024, rate=0.005, seed=102, max_positions=8192, tied=False, n_prompt=4096,
        prompt_high=512,
    ),
}


def prompt_ids(case: Case) -> torch.Tensor:
    """The prompt `[n_prompt]`; `<bos>` first, then uniform ids."""
    g = torch.Generator().manual_seed(PROMPT_SEED)
    ids = torch.randint(4, case.prompt_high, (case.n_prompt,), generator=g)
    ids[0] = BOS
    return ids


def save_tokenizer(out: Path, vocab: int) -> None:
    """A byte-level tokenizer without merges, filled up so that every id of the model has a string."""
    words = ["<unk>", "<bos>", "<eos>", "<pad>"] + sorted(pre_tokenizers.ByteLevel.alphabet())
    words += [f"tok{i}" for i in range(len(words), vocab)]
    tok = Tokenizer(models.BPE(vocab={w: i for i, w in enumerate(words)}, merges=[]))
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(
        tokenizer_object=tok, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>",
        unk_token="<unk>", model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(out)


def model_config(case: Case):
    if case.arch == "gpt2":
        return GPT2Config(
            vocab_size=case.vocab, n_positions=case.max_positions, n_embd=case.d_model,
            n_layer=case.n_layers, n_head=case.n_heads, bos_token_id=BOS, eos_token_id=EOS,
            tie_word_embeddings=case.tied, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        )
    return LlamaConfig(
        vocab_size=case.vocab, bos_token_id=BOS, eos_token_id=EOS, pad_token_id=PAD,
        tie_word_embeddings=case.tied, hidden_size=case.d_model, intermediate_size=case.d_mlp,
        num_hidden_layers=case.n_layers, num_attention_heads=case.n_heads,
        num_key_value_heads=case.n_kv_heads, head_dim=case.d_model // case.n_heads,
        max_position_embeddings=case.max_positions, rms_norm_eps=1e-5, rope_theta=500000.0,
        rope_scaling=case.rope_scaling,
    )


def weight(case: Case, name: str, p: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """The value of parameter `name`, from unit normal noise `r`, at the scale of a trained model."""
    if "norm" in name or "ln_" in name:
        return 0.1 * r if name.endswith("bias") else 1.0 + 0.15 * r
    if name.endswith("bias"):
        return 0.1 * r
    if "embed_tokens" in name or "wte" in name:
        return case.embed_scale * r
    if "wpe" in name:
        return 0.3 * r
    if "lm_head" in name:
        return 2.0 / math.sqrt(case.d_model) * r
    # GPT-2's Conv1D keeps its weights as [in, out], a Linear as [out, in].
    fan_in = p.shape[0] if case.arch == "gpt2" else p.shape[1]
    return 1.0 / math.sqrt(fan_in) * r


@torch.no_grad()
def make_model(case: Case, out: Path, dtype: torch.dtype):
    torch.manual_seed(case.seed)
    cfg = model_config(case)
    cfg._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(cfg, dtype=dtype).eval()
    g = torch.Generator().manual_seed(1000 + case.seed)
    for name, p in model.named_parameters():
        p.copy_(weight(case, name, p, torch.randn(p.shape, generator=g, dtype=torch.float32)))
    model.save_pretrained(out, safe_serialization=True)
    return model


@torch.no_grad()
def site_values(case: Case, model, ids: torch.Tensor):
    """What features read and what they should write on the prompt: two `[L, T, d]` tensors."""
    reads, writes, handles = {}, {}, []
    layers = model.transformer.h if case.arch == "gpt2" else model.model.layers
    for i, layer in enumerate(layers):
        norm = layer.ln_2 if case.arch == "gpt2" else layer.post_attention_layernorm

        def read(_module, args, output, i=i):
            reads[i] = args[0][0] if case.kind == "clt" else output[0]

        def write(_module, _args, output, i=i):
            writes[i] = output[0]

        handles += [norm.register_forward_hook(read), layer.mlp.register_forward_hook(write)]
    # The logits of a long prompt are large and not needed here.
    model(ids[None], logits_to_keep=1, use_cache=False)
    for h in handles:
        h.remove()
    n = case.n_layers
    return torch.stack([reads[i] for i in range(n)]), torch.stack([writes[i] for i in range(n)])


@torch.no_grad()
def make_dictionary(case: Case, model, out: Path, dtype: torch.dtype) -> None:
    """Random encoders and decoders; biases calibrated so that `rate` of each layer's slots fire."""
    out.mkdir(parents=True, exist_ok=True)
    g = torch.Generator().manual_seed(DICTIONARY_SEED)
    n_layers, d, n_features = case.n_layers, case.d_model, case.n_features
    reads, writes = site_values(case, model, prompt_ids(case))
    # Position 0 is never attributed, so it does not count for the rate.
    x, y = reads[:, 1:].float(), writes[:, 1:].float()
    for l in range(n_layers):
        w_enc = torch.randn(n_features, d, generator=g) / math.sqrt(d)
        pre = x[l] @ w_enc.T
        b_enc = -pre.mean(0) + 0.3 * pre.std() * torch.randn(n_features, generator=g)
        z = (pre + b_enc).flatten()
        n_active = max(1, int(case.rate * z.numel()))
        b_enc = b_enc - z.topk(n_active).values[-1] + 1e-6
        scale = float(y[l].pow(2).mean().sqrt()) * 0.3
        b_dec = y[l].mean(0)
        shape = (n_features, n_layers - l, d) if case.kind == "clt" else (n_features, d)
        w_dec = scale * torch.randn(*shape, generator=g) / math.sqrt(d)
        if case.kind == "clt":
            enc = {f"W_enc_{l}": w_enc, f"b_enc_{l}": b_enc, f"b_dec_{l}": b_dec}
            save(enc, out / f"W_enc_{l}.safetensors", dtype)
            save({f"W_dec_{l}": w_dec}, out / f"W_dec_{l}.safetensors", dtype)
        else:
            tensors = {"W_enc": w_enc, "W_dec": w_dec, "b_enc": b_enc, "b_dec": b_dec}
            save(tensors, out / f"layer_{l}.safetensors", dtype)


def save(tensors: dict, path: Path, dtype: torch.dtype) -> None:
    save_file({k: v.to(dtype).contiguous() for k, v in tensors.items()}, path)


def save_dictionary_config(case: Case, name: str, out: Path) -> None:
    kind = "cross_layer_transcoder" if case.kind == "clt" else "transcoder_set"
    read, write = case.sites
    (out / "config.yaml").write_text(
        f"model_kind: {kind}\nfeature_input_hook: {read}\nfeature_output_hook: {write}\n"
        f"scan: bench/{name}\nmodel_name: bench/{name}\n"
    )


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--case", required=True, choices=sorted(CASES))
    ap.add_argument("--out", required=True, type=Path, help="directory to write")
    ap.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16"])
    ap.add_argument("--rate", type=float, help="active fraction of (token, feature) slots")
    ap.add_argument("--threads", type=int, default=2)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    case = CASES[args.case]
    if args.rate is not None:
        case = dataclasses.replace(case, rate=args.rate)
    dtype = getattr(torch, args.dtype)
    args.out.mkdir(parents=True, exist_ok=True)

    save_tokenizer(args.out / "model", case.vocab)
    model = make_model(case, args.out / "model", dtype)
    make_dictionary(case, model, args.out / "transcoders", dtype)
    save_dictionary_config(case, args.case, args.out / "transcoders")
    (args.out / "prompt_ids.json").write_text(json.dumps(prompt_ids(case).tolist()) + "\n")
    made = dict(
        case=args.case, dtype=args.dtype, **dataclasses.asdict(case),
        torch=torch.__version__, transformers=transformers.__version__,
    )
    (args.out / "bench.json").write_text(json.dumps(made, indent=1) + "\n")
    print(f"{args.case}: written to {args.out}")


if __name__ == "__main__":
    main()
