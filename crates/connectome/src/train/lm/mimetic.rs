//! [`mimetic`]: random parameters that already look back.
//!
//! A small model that starts from independent random numbers needs many steps before any head
//! finds a token that stood earlier in the text: until a head looks there, nothing rewards
//! writing what it saw, and the other way round. Trained attention has two marks in common: keys
//! match queries of the same token, and what a head writes resembles what it read. Parameters
//! that have them from the start are as random as before, but the steps that copying is made of
//! pay at once.
//!
//! Source: Trockman & Kolter 2023, "Mimetic Initialization of Self-Attention Layers". Theirs has
//! the marks by a factorisation of one product a head; ours by adding one map to another, so that
//! grouped keys and every family's layout have them alike. Measured in `docs/elegans.md`.

use super::layout::{Layout, LinearSlots};
use crate::ops::matrix::Layout as Order;

/// The standard deviation of random weights that the two gains below are of.
const SPREAD: f32 = 0.02;
/// How much larger than the rest the keys are that queries are made to match.
const KEY_GAIN: f32 = 3.0;
/// Of a head's values, what its output map gives back.
const COPY_GAIN: f32 = 0.5;
/// One key head in so many matches.
const MATCHING_ONE_IN: usize = 3;

/// Changes random parameters of standard deviation `spread`, in every layer. With one of 0.02, in
/// a third of the key heads, keys are three times as large, and the queries that read them are the
/// same map plus their own random numbers; the output map of every head is half the transpose of
/// its value map, plus its own; an unembedding that is not the embedding starts equal to it. With
/// another, all three gains are 0.02 / `spread` times that: how well a head matches, how large a
/// part of the stream it writes, and the logit of a token that stands in the stream stay the same.
pub fn mimetic(layout: &Layout, params: &mut [f32], spread: f32) {
    if spread <= 0.0 {
        return;
    }
    let scale = SPREAD / spread;
    let heads = layout.heads;
    for block in &layout.blocks {
        let maps = &block.qkv;
        for key_head in 0..heads.n_kv_heads.div_ceil(MATCHING_ONE_IN) {
            for at in 0..heads.width {
                for input in 0..maps.n_in {
                    let key = place(maps, heads.key(key_head) + at, input);
                    let weights = maps.weight.of_mut(params);
                    weights[key] *= KEY_GAIN * scale;
                    for head in key_head * heads.group()..(key_head + 1) * heads.group() {
                        weights[place(maps, heads.query(head) + at, input)] += weights[key];
                    }
                }
            }
        }
        let values = maps.weight.of(params).to_vec();
        let out = &block.attention_out;
        for head in 0..heads.n_heads {
            let value = heads.value(head / heads.group());
            for at in 0..heads.width {
                for stream in 0..maps.n_in {
                    let read = values[place(maps, value + at, stream)];
                    let written = place(out, stream, head * heads.width + at);
                    out.weight.of_mut(params)[written] += COPY_GAIN * scale * read;
                }
            }
        }
    }
    if layout.unembed != layout.embed {
        let embed: Vec<f32> = layout.embed.of(params).iter().map(|weight| weight * scale).collect();
        layout.unembed.of_mut(params).copy_from_slice(&embed);
    }
}

/// Where a map's weight from input `input` to output `output` stands.
fn place(map: &LinearSlots, output: usize, input: usize) -> usize {
    match map.order {
        Order::OutIn => output * map.n_in + input,
        Order::InOut => input * map.n_out + output,
    }
}
