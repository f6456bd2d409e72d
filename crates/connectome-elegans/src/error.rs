//! What a request for data can get wrong.

/// The data that was asked for does not exist.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum DataError {
    /// No task has this name or letter.
    #[error("no task `{found}`, expected a letter from A to L or a name such as `addition`")]
    Task { found: String },
    /// No model has this name.
    #[error("no model `{found}`, expected one such as `base`, `chat` or `goal`")]
    Model { found: String },
    /// No task has a split of this name.
    #[error("no split `{found}`, expected one such as `train`, `h1` or `unknown`")]
    Split { found: String },
    /// The task exists, but not in this split.
    #[error("task `{task}` has no split `{split}`, there are: {available}")]
    NoSuchSplit { task: &'static str, split: &'static str, available: String },
    /// No task of the world has the split.
    #[error("no task of the {world} world has a split `{split}`")]
    SplitOfNone { world: &'static str, split: &'static str },
    /// The world is too small for the task.
    #[error("the {world} world has no task `{task}`")]
    NoSuchTask { world: &'static str, task: &'static str },
    /// The world is too small for the model.
    #[error("the {world} world has no model `{model}`")]
    NoSuchModel { world: &'static str, model: &'static str },
    /// Nothing was asked for.
    #[error("0 tokens, expected at least 1")]
    NoTokens,
}
