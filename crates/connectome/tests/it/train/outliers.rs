use std::collections::BTreeSet;

use connectome::files::Folder;
use connectome::tokenizer::Prompt;
use connectome::train::checkpoint::Checkpoint;
use connectome::train::transcoder::{Ending, Start};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use super::runs::{Place, options, paper, text, tokenizer, two_hop};

/// A token of the text: its document and its position there.
type Token = (u32, u32);

/// The shipped model, but with one token whose embedding is a thousand times as long.
fn model_with_outlier(id: u32) -> Folder {
    let shipped = two_hop().model();
    let bytes = shipped.open("model.safetensors").unwrap();
    let parsed = SafeTensors::deserialize(&bytes).unwrap();
    let changed = parsed.tensors().into_iter().map(|(name, view)| {
        let mut data = view.data().to_vec();
        if name == "model.embed_tokens.weight" {
            let len = 4 * view.shape()[1];
            for number in data[id as usize * len..][..len].as_chunks_mut::<4>().0 {
                *number = (1e3 * f32::from_le_bytes(*number)).to_le_bytes();
            }
        }
        (name, view.dtype(), view.shape().to_vec(), data)
    });
    let changed: Vec<_> = changed.collect();
    let views = changed.iter().map(|(name, dtype, shape, data)| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    let weights = safetensors::serialize(views, None).unwrap();
    let config = shipped.open("config.json").unwrap().to_vec();
    let files = [("config.json".to_owned(), config), ("model.safetensors".to_owned(), weights)];
    Folder::memory("two-hop", files)
}

/// The tokens in the shuffle buffer after a step. It has room for the whole text, twice.
fn buffered(model: &Folder, n_tokens: usize, outlier_factor: Option<f64>) -> BTreeSet<Token> {
    let mut place = Place::new();
    place.model = model.clone();
    let mut options = options(paper());
    options.data.buffer_tokens = 2 * n_tokens;
    options.data.sample_tokens = n_tokens;
    options.data.held_out = 0.0;
    options.data.outlier_factor = outlier_factor;
    let ending = place.run(&options, Start::New, Some(1)).unwrap();
    assert_eq!(ending, Ending::Interrupted { step: 1 });
    let path = place.out().join("checkpoints/step-000000001.safetensors");
    let tokens = Checkpoint::open(&path).unwrap().u32_list("buffer.tokens").unwrap();
    tokens.as_chunks::<3>().0.iter().map(|[document, _, pos]| (*document, *pos)).collect()
}

// It is that token alone that is left out, and not the document or what stands beside it.
#[test]
fn a_token_of_a_large_norm_never_reaches_the_shuffle_buffer() {
    let tokenizer = tokenizer();
    let prepare = |line: &str| tokenizer.prepare(Prompt::Text(line), "two-hop").unwrap();
    let documents: Vec<_> = text().lines().map(prepare).collect();
    let first = &documents[0].ids;
    // The last of the city's name, in the middle of the sentence.
    let planted = first[first.len() - 3];
    let all: BTreeSet<Token> = (0..)
        .zip(&documents)
        .flat_map(|(at, document)| {
            let positions = document.zeroed_positions..document.ids.len();
            positions.map(move |pos| (at, pos as u32))
        })
        .collect();
    let is_planted = |(at, pos): &Token| documents[*at as usize].ids[*pos as usize] == planted;
    let outliers: BTreeSet<Token> = all.iter().copied().filter(is_planted).collect();
    assert!(!outliers.is_empty() && 20 * outliers.len() < all.len(), "{}", outliers.len());

    let model = model_with_outlier(planted);
    assert_eq!(buffered(&model, all.len(), None), all);
    let kept: BTreeSet<Token> = all.difference(&outliers).copied().collect();
    assert_eq!(buffered(&model, all.len(), Some(20.0)), kept);
}
