//! Which tokens end a text.

use super::config::HfConfig;
use crate::error::LoadError;
use crate::files::Folder;

/// The ids after which a model has nothing more to say: `eos_token_id` of
/// `generation_config.json`, or else of `config.json`. Empty if neither names one.
///
/// The tokenizer may name another ([`Tokenizer::eos_id`]); chat models often end a turn with it.
///
/// # Errors
///
/// [`LoadError::Read`], [`LoadError::Json`], [`LoadError::BadValue`].
///
/// Source: transformers 4.57, `GenerationMixin._prepare_special_tokens`.
///
/// [`Tokenizer::eos_id`]: crate::tokenizer::Tokenizer::eos_id
pub fn stop_tokens(folder: &Folder) -> Result<Vec<u32>, LoadError> {
    for file in ["generation_config.json", "config.json"] {
        if folder.has(file) {
            let config = HfConfig::new(folder.json(file)?, folder.path(file));
            if let Some(ids) = config.token_ids("eos_token_id")? {
                return Ok(ids);
            }
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> Folder {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
        Folder::memory("model", files)
    }

    #[test]
    fn the_generation_config_goes_before_the_config() {
        let config = ("config.json", r#"{"eos_token_id": 2}"#);
        assert_eq!(stop_tokens(&folder(&[config])).unwrap(), [2]);
        let own = ("generation_config.json", r#"{"eos_token_id": [7, 106]}"#);
        assert_eq!(stop_tokens(&folder(&[config, own])).unwrap(), [7, 106]);
        let silent = ("generation_config.json", r#"{"eos_token_id": null}"#);
        assert_eq!(stop_tokens(&folder(&[config, silent])).unwrap(), [2]);
        assert!(stop_tokens(&folder(&[("config.json", "{}")])).unwrap().is_empty());
    }

    #[test]
    fn an_id_that_is_none_is_told() {
        let config = ("config.json", r#"{"eos_token_id": "</s>"}"#);
        let error = stop_tokens(&folder(&[config])).unwrap_err().to_string();
        assert!(error.starts_with("`eos_token_id` is `\"</s>\"`, expected a token id"), "{error}");
    }
}
