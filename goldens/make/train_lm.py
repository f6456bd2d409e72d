"""Losses, gradients and AdamW steps of tiny random models of every family, by PyTorch.

    python train_lm.py GOLDENS_DIR

Writes `GOLDENS_DIR/train_lm/<family>/`: `config.json`, `model.safetensors` (the weights before the
first step) and `golden.safetensors`. Everything is f32 on one thread. Needs torch, transformers
and safetensors; same versions, same bytes out.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import safetensors
import torch
import transformers
from safetensors.torch import save_file

ROWS, LENGTH, VOCAB = 3, 13, 48
STEPS = 3
RATE = 1e-2
# Keys have gradients that are zero but for rounding: a small epsilon would make steps of that.
BETAS, EPSILON, DECAY, MAX_NORM = (0.9, 0.95), 1e-4, 0.1, 0.5
SIZES = dict(
    vocab_size=VOCAB, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
    num_attention_heads=4, max_position_embeddings=32, bos_token_id=1, eos_token_id=2,
    pad_token_id=None,  # the embedding of a padding token gets no gradient
)
GROUPED = dict(num_key_value_heads=2, head_dim=6)
GEMMA = dict(query_pre_attn_scalar=6, sliding_window=5)


def configs() -> dict[str, transformers.PretrainedConfig]:
    """One of each family, with every part whose gradient could be wrong by itself."""
    ramp = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                original_max_position_embeddings=16)
    return {
        "gpt2": transformers.GPT2Config(
            vocab_size=VOCAB, n_positions=32, n_embd=16, n_layer=2, n_head=4, n_inner=24,
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=1, eos_token_id=2,
        ),
        "llama": transformers.LlamaConfig(**SIZES, **GROUPED, rope_scaling=ramp, attention_bias=True),
        "gemma2": transformers.Gemma2Config(
            **SIZES, **GROUPED, **GEMMA, attn_logit_softcapping=4.0, final_logit_softcapping=6.0
        ),
        "gemma3": transformers.Gemma3TextConfig(
            **SIZES, **GROUPED, **GEMMA, layer_types=["sliding_attention", "full_attention"]
        ),
        "qwen2": transformers.Qwen2Config(**SIZES, num_key_value_heads=2),
        "qwen3": transformers.Qwen3Config(**SIZES, **GROUPED),
        "gpt_neox": transformers.GPTNeoXConfig(**SIZES, rotary_pct=0.5, use_parallel_residual=True),
    }


@torch.no_grad()
def randomize(model: torch.nn.Module, is_gemma: bool) -> None:
    """Weights under which attention is far from uniform and no gradient is small."""
    generator = torch.Generator().manual_seed(11)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() == 1:
            centre = 1.0 if name.endswith("weight") and not is_gemma else 0.0
            parameter.copy_(centre + 0.2 * noise)
        else:
            parameter.copy_(noise / math.sqrt(16))


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and the weight of each one's prediction: some count for nothing, some for more."""
    generator = torch.Generator().manual_seed(12)
    ids = torch.randint(0, VOCAB, (ROWS, LENGTH), generator=generator)
    weights = torch.tensor([0.0, 1.0, 1.0, 2.0])[torch.randint(0, 4, (ROWS, LENGTH), generator=generator)]
    return ids, weights


def loss_of(model: torch.nn.Module, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The weighted mean of the cross-entropy of every next token."""
    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(
        logits.reshape(-1, VOCAB).float(), ids[:, 1:].reshape(-1), reduction="none"
    )
    weights = weights[:, 1:].reshape(-1)
    return (losses * weights).sum() / weights.sum()


def is_decayed(name: str, parameter: torch.nn.Parameter) -> bool:
    """Linear maps are, embeddings, norms and biases are not."""
    embeddings = ("embed_tokens", "wte", "wpe", "embed_in")
    return parameter.dim() == 2 and not any(part in name for part in embeddings)


def make(name: str, config: transformers.PretrainedConfig, folder: Path) -> None:
    config._attn_implementation = "eager"
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).train()
    randomize(model, name.startswith("gemma"))
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    ids, weights = batch()
    # Files keep the unembedding's old name.
    unembed = "embed_out.weight" if name == "gpt_neox" else "lm_head.weight"
    named = {n.replace("lm_head.weight", unembed): p for n, p in model.named_parameters()}
    groups = [
        {"params": [p for n, p in named.items() if is_decayed(n, p)], "weight_decay": DECAY},
        {"params": [p for n, p in named.items() if not is_decayed(n, p)], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=BETAS, eps=EPSILON, foreach=False)
    out = {"ids": ids, "weights": weights}
    losses, norms = [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, ids, weights)
        loss.backward()
        if step == 0:
            out |= {f"grad.{n}": p.grad.clone() for n, p in named.items()}
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM))
        optimizer.step()
        losses.append(loss.detach())
    out |= {f"after.{n}": p.detach().clone() for n, p in named.items()}
    out |= {"losses": torch.stack(losses), "norms": torch.stack(norms)}
    save_file(out, folder / "golden.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    root = Path(sys.argv[1]) / "train_lm"
    for name, config in configs().items():
        make(name, config, root / name)
    card = {
        "what": "loss, gradient of every parameter, and three clipped AdamW steps on one batch",
        "script": "goldens/make/train_lm.py",
        "versions": {
            "torch": torch.__version__, "transformers": transformers.__version__,
            "safetensors": safetensors.__version__,
        },
        "dtype": "float32",
        "seeds": {"weights": 11, "batch": 12},
        "steps": {
            "rate": RATE, "betas": BETAS, "epsilon": EPSILON, "weight_decay": DECAY,
            "max_norm": MAX_NORM, "decayed": "linear maps; not embeddings, norms or biases",
        },
        "tolerances": {
            "loss": 1e-5, "gradient": 1e-5, "after": 1e-4,
            "why": "f32 on both sides; gradients are below 1, and Adam divides by their size",
        },
    }
    (root / "card.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
