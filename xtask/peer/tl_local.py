"""Lets TransformerLens load a Hugging Face directory with the sizes of its own config.json.

TransformerLens takes a model's sizes from a table of official names, so a local directory with
random weights or unusual sizes is refused or built wrong. `allow_local_directories` replaces three
functions of its loader for paths that are directories and leaves every other name alone. Weights,
hooks and the forward pass stay TransformerLens' own.
"""

import os

import torch
from transformers import AutoConfig


def gpt2_config(c) -> dict:
    return dict(
        d_model=c.n_embd, d_head=c.n_embd // c.n_head, n_heads=c.n_head, d_mlp=4 * c.n_embd,
        n_layers=c.n_layer, n_ctx=c.n_positions, eps=c.layer_norm_epsilon, d_vocab=c.vocab_size,
        act_fn=c.activation_function, use_attn_scale=True, use_local_attn=False,
        scale_attn_by_inverse_layer_idx=c.scale_attn_by_inverse_layer_idx, normalization_type="LN",
    )


def gpt_neox_config(c) -> dict:
    d_head = c.hidden_size // c.num_attention_heads
    return dict(
        d_model=c.hidden_size, d_head=d_head, n_heads=c.num_attention_heads,
        d_mlp=c.intermediate_size, n_layers=c.num_hidden_layers, n_ctx=c.max_position_embeddings,
        eps=c.layer_norm_eps, d_vocab=c.vocab_size, act_fn=c.hidden_act, use_attn_scale=True,
        use_local_attn=False, scale_attn_by_inverse_layer_idx=False, parallel_attn_mlp=True,
        positional_embedding_type="rotary", rotary_adjacent_pairs=False, normalization_type="LN",
        default_prepend_bos=False, rotary_dim=round(c.rotary_pct * d_head),
    )


def rms_config(c, arch: str, n_ctx: int) -> dict:
    """Llama, Qwen 2, Qwen 3 and Gemma 2: RMS norms, gated MLP, rotary positions."""
    d_head = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    grouped = c.num_key_value_heads != c.num_attention_heads
    out = dict(
        d_model=c.hidden_size, d_head=d_head, n_heads=c.num_attention_heads,
        d_mlp=c.intermediate_size, n_layers=c.num_hidden_layers, n_ctx=n_ctx, eps=c.rms_norm_eps,
        d_vocab=c.vocab_size, act_fn=getattr(c, "hidden_act", None) or c.hidden_activation,
        n_key_value_heads=c.num_key_value_heads if grouped else None, normalization_type="RMS",
        positional_embedding_type="rotary", rotary_adjacent_pairs=False, rotary_dim=d_head,
        rotary_base=c.rope_theta, final_rms=True, gated_mlp=True, use_attn_scale=True,
    )
    scaling = getattr(c, "rope_scaling", None) or {}
    if arch == "LlamaForCausalLM" and scaling.get("rope_type") == "llama3":
        out.update(
            use_NTK_by_parts_rope=True, NTK_by_parts_factor=scaling["factor"],
            NTK_by_parts_low_freq_factor=scaling["low_freq_factor"],
            NTK_by_parts_high_freq_factor=scaling["high_freq_factor"],
            NTK_original_ctx_len=scaling["original_max_position_embeddings"],
        )
    if arch in ("Qwen2ForCausalLM", "Qwen3ForCausalLM"):
        out.update(default_prepend_bos=False, tokenizer_prepends_bos=True)
        out["use_qk_norm"] = arch == "Qwen3ForCausalLM"
    if arch == "Gemma2ForCausalLM":
        kinds = ["local" if t == "sliding_attention" else "global" for t in c.layer_types]
        out.update(
            act_fn="gelu_pytorch_tanh", n_key_value_heads=c.num_key_value_heads,
            use_normalization_before_and_after=True, use_local_attn=True,
            window_size=c.sliding_window, attn_types=kinds, initializer_range=0.02,
            attn_scale=float(c.query_pre_attn_scalar) ** 0.5,
            attn_scores_soft_cap=c.attn_logit_softcapping,
            output_logits_soft_cap=c.final_logit_softcapping,
        )
    return out


def local_config(directory: str, n_tokens: int) -> dict:
    """TransformerLens' config of a local model, with room for `n_tokens` positions."""
    c = AutoConfig.from_pretrained(directory)
    arch = c.architectures[0]
    if arch == "GPT2LMHeadModel":
        out = gpt2_config(c)
    elif arch == "GPTNeoXForCausalLM":
        out = gpt_neox_config(c)
    elif arch in ("LlamaForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM", "Gemma2ForCausalLM"):
        # The causal mask is n_ctx x n_ctx, so a long context is only taken when the prompt needs it.
        out = rms_config(c, arch, min(c.max_position_embeddings, max(2048, n_tokens)))
    else:
        # Gemma 3 needs a mended peer: its shared rope table gives wrong logits.
        raise SystemExit(f"run_peer: no local loading of `{arch}`")
    return dict(out, original_architecture=arch, tokenizer_name=directory)


def allow_local_directories(n_tokens: int) -> None:
    import transformer_lens.loading_from_pretrained as loading

    official_name = loading.get_official_model_name
    convert = loading.convert_hf_model_config
    state_dict = loading.get_pretrained_state_dict

    def name_or_directory(name):
        return name if os.path.isdir(name) else official_name(name)

    def convert_or_local(model_name, **kw):
        if os.path.isdir(model_name):
            return local_config(model_name, n_tokens)
        return convert(model_name, **kw)

    def state_dict_of_dtype(name, cfg, hf_model=None, dtype=torch.float32, **kw):
        # Passed on as `torch_dtype` too, the argument would reach transformers twice.
        kw.pop("torch_dtype", None)
        return state_dict(name, cfg, hf_model, dtype=dtype, **kw)

    loading.get_official_model_name = name_or_directory
    loading.convert_hf_model_config = convert_or_local
    loading.get_pretrained_state_dict = state_dict_of_dtype
