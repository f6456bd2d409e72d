//! What people read: pages of text as wide as their terminal.
//!
//! A printer takes a report and gives a string. Colour never carries meaning: signs, names and
//! numbers are always there in words. Text from models and files reaches a terminal only
//! through [`text::token`] and [`text::plain`], which leave no control character in it.

mod bars;
pub(crate) mod causal;
pub(crate) mod compare;
pub(crate) mod doctor;
pub(crate) mod doubt;
pub(crate) mod elegans;
pub(crate) mod features;
pub(crate) mod graph;
pub(crate) mod group;
pub(crate) mod inspect;
pub(crate) mod intervene;
pub(crate) mod text;
pub(crate) mod trace;
pub(crate) mod train_clt;
pub(crate) mod train_lm;
pub(crate) mod validate;

pub(crate) use bars::{bar, spark};

/// Narrower than this, lines wrap as they like; wider, they are hard to follow.
const NARROWEST: usize = 48;
const WIDEST: usize = 120;

/// A terminal, or what stands for one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) width: usize,
    colour: bool,
}

impl Screen {
    pub(crate) fn new(width: usize, colour: bool) -> Self {
        Self { width: width.clamp(NARROWEST, WIDEST), colour }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn cyan(self, text: &str) -> String {
        self.paint("36", text)
    }

    /// From light to strong orange by a share from 0 to 1; text at 0 is left as it is.
    pub(crate) fn heat(self, share: f64, text: &str) -> String {
        const LEVELS: [&str; 5] = ["230", "223", "216", "209", "202"];
        if share <= 0.0 {
            return text.to_owned();
        }
        let level = (share * LEVELS.len() as f64).ceil() as usize;
        let colour = LEVELS[level.clamp(1, LEVELS.len()) - 1];
        self.paint(&format!("30;48;5;{colour}"), text)
    }

    /// Green for what raises its target, magenta for what lowers it.
    pub(crate) fn signed(self, sign: i8, text: &str) -> String {
        self.paint(if sign < 0 { "35" } else { "32" }, text)
    }
}

/// Text in the making.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) screen: Screen,
    text: String,
}

impl Page {
    pub(crate) fn new(screen: Screen) -> Self {
        Self { screen, text: String::new() }
    }

    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A heading after an empty line, and what its numbers are shares of.
    pub(crate) fn heading(&mut self, title: &str, remark: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let first = self.screen.width.saturating_sub(text::width(title) + 2);
        let mut remark = text::wrap(remark, first, self.screen.width - 2).into_iter();
        let beside = remark.next().unwrap_or_default();
        let line = format!("{}  {}", self.screen.bold(title), self.screen.dim(&beside));
        self.line(&line);
        for line in remark {
            let line = format!("  {}", self.screen.dim(&line));
            self.line(&line);
        }
    }

    /// Prose below a heading, wrapped.
    pub(crate) fn prose(&mut self, prose: &str) {
        let width = self.screen.width - 2;
        for line in text::wrap(prose, width, width) {
            self.line(&format!("  {line}"));
        }
    }

    /// A name, and what is said of it, wrapped beside it.
    pub(crate) fn entry(&mut self, name: &str, name_width: usize, said: &str) {
        let width = self.screen.width.saturating_sub(name_width + 4);
        for (at, line) in text::wrap(said, width, width).iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            self.line(&format!("  {}  {line}", text::pad(name, name_width)));
        }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}
