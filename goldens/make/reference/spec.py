"""The cases: one model, one dictionary and one prompt each."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Spec:
    """Everything that decides a case's numbers. `golden.json` keeps it."""

    name: str
    arch: str  # gpt2, llama, gemma2, gemma3, qwen2, qwen3, gpt_neox
    kind: str  # clt, plt
    act: str  # relu, jumprelu, topk
    skip: bool = False
    backend: str = "transformerlens"  # or nnsight
    n_layers: int = 4
    d_model: int = 32
    n_heads: int = 4
    n_kv_heads: int = 2
    head_dim: int = 8
    d_mlp: int = 64
    vocab: int = 300
    d_transcoder: int = 64
    k: int = 4  # of topk
    seed: int = 0
    input_hook: str = ""
    output_hook: str = ""
    prompt: str = "The capital of France is"
    active_fraction: float = 0.07
    max_n_logits: int = 10
    desired_logit_prob: float = 0.95
    batch_size: int = 16
    truncated_nodes: int = 40
    truncated_batch: int = 8
    dtype: str = "float32"
    calib_seqs: int = 48
    calib_len: int = 12
    # The peer's TransformerLens back end shares one rope table across layers, which is wrong for
    # Gemma 3: this switches the sharing off.
    tl_fix_dedupe: bool = False
    note: str = ""

    def hooks(self) -> tuple[str, str]:
        """Where features read and write: the convention of the family's published dictionaries."""
        if self.input_hook:
            return self.input_hook, self.output_hook
        if self.kind == "clt":
            return "hook_resid_mid", "hook_mlp_out"
        if self.arch == "gemma2":
            return "ln2.hook_normalized", "hook_mlp_out"
        if self.arch == "gemma3":
            return "mlp.hook_in", "hook_mlp_out"
        return "mlp.hook_in", "mlp.hook_out"


MLP_IO = dict(input_hook="mlp.hook_in", output_hook="mlp.hook_out")
LN2 = dict(input_hook="ln2.hook_normalized", output_hook="hook_mlp_out")
MENDED = dict(tl_fix_dedupe=True, note="rope de-duplication off; token columns correct")
WRONG_TOKENS = dict(backend="nnsight", note="peer bug: token columns too small by sqrt(d_model)")
NNSIGHT = dict(backend="nnsight")

CASES: dict[str, Spec] = {
    spec.name: spec
    for spec in [
        Spec("llama_clt_relu", "llama", "clt", "relu", seed=1),
        Spec("llama_clt_jumprelu", "llama", "clt", "jumprelu", seed=2),
        Spec("llama_plt_relu", "llama", "plt", "relu", seed=3),
        Spec("llama_plt_relu_skip", "llama", "plt", "relu", skip=True, seed=4),
        Spec("llama_plt_topk_skip", "llama", "plt", "topk", skip=True, seed=5),
        Spec("gemma2_plt_jumprelu", "gemma2", "plt", "jumprelu", seed=6),
        Spec("gemma2_plt_jumprelu_mlpio", "gemma2", "plt", "jumprelu", seed=7, **MLP_IO),
        Spec("gemma2_clt_relu", "gemma2", "clt", "relu", seed=8),
        Spec("gemma2_clt_jumprelu", "gemma2", "clt", "jumprelu", seed=9),
        Spec("qwen3_plt_relu", "qwen3", "plt", "relu", seed=10),
        Spec("qwen3_plt_topk", "qwen3", "plt", "topk", seed=11),
        Spec("qwen2_plt_relu", "qwen2", "plt", "relu", seed=12),
        Spec("gpt2_clt_relu", "gpt2", "clt", "relu", seed=13),
        Spec("gpt2_clt_jumprelu", "gpt2", "clt", "jumprelu", seed=14),
        Spec("gpt2_plt_relu_ln2", "gpt2", "plt", "relu", seed=15, **LN2),
        Spec("gpt_neox_plt_relu", "gpt_neox", "plt", "relu", seed=16),
        Spec("gemma3_plt_jumprelu_skip", "gemma3", "plt", "jumprelu", skip=True, seed=17, **MENDED),
        Spec("gemma3_plt_jumprelu_skip_nnsight", "gemma3", "plt", "jumprelu", skip=True, seed=17,
             **WRONG_TOKENS),
        Spec("gemma3_clt_relu_nnsight", "gemma3", "clt", "relu", seed=18, **WRONG_TOKENS),
        Spec("gemma3_clt_relu", "gemma3", "clt", "relu", seed=18, **MENDED),
        Spec("llama_clt_relu_nnsight", "llama", "clt", "relu", seed=1, **NNSIGHT),
        Spec("gemma2_clt_jumprelu_nnsight", "gemma2", "clt", "jumprelu", seed=9, **NNSIGHT),
        Spec("qwen3_plt_relu_nnsight", "qwen3", "plt", "relu", seed=10, **NNSIGHT),
        Spec("llama_plt_relu_skip_nnsight", "llama", "plt", "relu", skip=True, seed=4, **NNSIGHT),
    ]
}
