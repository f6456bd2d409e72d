"""Tiny random Hugging Face models of every family, their tokenizer, and what is at their sites."""

from __future__ import annotations

import math
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers import models as tokenizer_models

from spec import Spec

TEXT = """The quick brown fox jumps over the lazy dog. Paris is the capital of France and Berlin is the
capital of Germany. Fact: the capital of the state containing Dallas is Austin. one two three four five
six seven eight nine ten. The opposite of small is big, the opposite of hot is cold. def main(): return 0
A language model predicts the next token given the previous tokens. 1 + 2 = 3, 36 + 59 = 95. Hello world!
"""


def build_tokenizer(folder: Path, vocab_size: int) -> None:
    """A byte-level BPE tokenizer. Id 0 is `<unk>`: the peer skips a BOS whose id is 0."""
    tokenizer = Tokenizer(tokenizer_models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=["<unk>", "<bos>", "<eos>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT], trainer)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>",
        unk_token="<unk>", model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],  # `generate` refuses token_type_ids
    ).save_pretrained(folder)


def hf_config(spec: Spec) -> transformers.PretrainedConfig:
    """The family's config at the case's sizes, with every part that a tracer must get right."""
    if spec.arch == "gpt2":
        return transformers.GPT2Config(
            vocab_size=spec.vocab, n_positions=256, n_embd=spec.d_model, n_layer=spec.n_layers,
            n_head=spec.n_heads, bos_token_id=1, eos_token_id=2, tie_word_embeddings=True,
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        )
    common = dict(
        vocab_size=spec.vocab, bos_token_id=1, eos_token_id=2, pad_token_id=3,
        tie_word_embeddings=spec.arch.startswith("gemma"), hidden_size=spec.d_model,
        intermediate_size=spec.d_mlp, num_hidden_layers=spec.n_layers,
        num_attention_heads=spec.n_heads, max_position_embeddings=512,
    )
    if spec.arch == "gpt_neox":
        return transformers.GPTNeoXConfig(
            **common, rotary_pct=0.5, layer_norm_eps=1e-5, use_parallel_residual=True
        )
    common["num_key_value_heads"] = spec.n_kv_heads
    if spec.arch == "qwen2":
        return transformers.Qwen2Config(**common, rms_norm_eps=1e-6, rope_theta=1000000.0)
    common["head_dim"] = spec.head_dim
    if spec.arch == "qwen3":
        return transformers.Qwen3Config(**common, rms_norm_eps=1e-6, rope_theta=1000000.0)
    if spec.arch == "llama":
        scaling = dict(
            rope_type="llama3", factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=64,
        )
        return transformers.LlamaConfig(
            **common, rms_norm_eps=1e-5, rope_theta=500000.0, rope_scaling=scaling
        )
    # A window below the prompt's length, so that sliding layers matter.
    common.update(query_pre_attn_scalar=spec.head_dim, sliding_window=6, rms_norm_eps=1e-6)
    if spec.arch == "gemma2":
        return transformers.Gemma2Config(
            **common, rope_theta=10000.0, attn_logit_softcapping=50.0, final_logit_softcapping=30.0
        )
    kinds = ["full_attention" if i % 3 == 2 else "sliding_attention" for i in range(spec.n_layers)]
    return transformers.Gemma3TextConfig(
        **common, rope_theta=1000000.0, rope_local_base_freq=10000.0, layer_types=kinds
    )


def scale_and_shift(name: str, shape: torch.Size, spec: Spec) -> tuple[float, float]:
    """Spread and centre of a parameter: large enough that attention is far from uniform."""
    is_gemma = spec.arch.startswith("gemma")
    width = math.sqrt(spec.d_model)
    if "norm" in name or "ln_" in name:
        if name.endswith("bias"):
            return 0.1, 0.0
        return 0.15, 0.0 if is_gemma else 1.0
    if name.endswith("bias"):
        return 0.1, 0.0
    if "embed_tokens" in name or "wte" in name or "embed_in" in name:
        return (1.0 / width * 1.5 if is_gemma else 0.7 if spec.arch == "gpt2" else 1.0), 0.0
    if "wpe" in name:
        return 0.3, 0.0
    if "lm_head" in name or "embed_out" in name:
        return 2.0 / width, 0.0
    # GPT-2 stores its linear maps [in, out], the others [out, in].
    return 1.0 / math.sqrt(shape[0] if spec.arch == "gpt2" else shape[1]), 0.0


@torch.no_grad()
def build_model(spec: Spec, folder: Path) -> transformers.PreTrainedModel:
    """The model with seeded random weights, saved to `folder`."""
    torch.manual_seed(spec.seed)
    config = hf_config(spec)
    config._attn_implementation = "eager"
    dtype = getattr(torch, spec.dtype)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=dtype).eval()
    generator = torch.Generator().manual_seed(1000 + spec.seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float32)
        scale, shift = scale_and_shift(name, parameter.shape, spec)
        parameter.copy_(shift + scale * noise)
    model.save_pretrained(folder, safe_serialization=True)
    return model


def blocks(model: transformers.PreTrainedModel, arch: str) -> torch.nn.ModuleList:
    if arch == "gpt2":
        return model.transformer.h
    return model.gpt_neox.layers if arch == "gpt_neox" else model.model.layers


def site_modules(block: torch.nn.Module, arch: str) -> tuple[torch.nn.Module, ...]:
    """The norm before the MLP, the MLP, and the module whose output joins the residual stream."""
    if arch == "gpt2":
        return block.ln_2, block.mlp, block.mlp
    if arch in ("gemma2", "gemma3"):
        return block.pre_feedforward_layernorm, block.mlp, block.post_feedforward_layernorm
    return block.post_attention_layernorm, block.mlp, block.mlp


def read_site(spec: Spec, norm: torch.nn.Module, x: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    """What features read, from the norm's input and output."""
    site = spec.hooks()[0]
    if site == "hook_resid_mid":
        return x
    if site == "mlp.hook_in":
        return out
    assert site == "ln2.hook_normalized", site
    if spec.arch in ("gpt2", "gpt_neox"):
        x = x - x.mean(-1, keepdim=True)
    eps = getattr(norm, "eps", getattr(norm, "variance_epsilon", None))
    return x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt()


@torch.no_grad()
def values_at_sites(
    model: transformers.PreTrainedModel, spec: Spec, ids: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """For ids [B, T]: what features read [L, B, T, D], what they write to, and the logits."""
    reads, writes, handles = {}, {}, []
    for layer, block in enumerate(blocks(model, spec.arch)):
        norm, mlp, added = site_modules(block, spec.arch)

        def on_norm(module, args, out, layer=layer):
            reads[layer] = read_site(spec, module, args[0], out)

        def on_out(module, args, out, layer=layer):
            writes[layer] = out

        handles.append(norm.register_forward_hook(on_norm))
        module = added if spec.hooks()[1] == "hook_mlp_out" else mlp
        handles.append(module.register_forward_hook(on_out))
    logits = model(ids).logits
    for handle in handles:
        handle.remove()
    layers = range(spec.n_layers)
    return torch.stack([reads[i] for i in layers]), torch.stack([writes[i] for i in layers]), logits
