//! Two prompts laid over each other: which position of one belongs to which of the other.

use crate::wire::CompareAlign;

/// `[T]` of each prompt the column that each of its positions stands in. Positions that belong
/// together share one; where [`CompareAlign::Any`] asks for no such thing, ends are set flush.
pub(super) fn columns<T: PartialEq>(tokens: [&[T]; 2], align: CompareAlign) -> [Vec<u32>; 2] {
    let lens = tokens.map(<[T]>::len);
    let pairs = match align {
        CompareAlign::Start => return lens.map(|n_tokens| (0..n_tokens as u32).collect()),
        CompareAlign::End | CompareAlign::Any => Vec::new(),
        CompareAlign::Token => common(tokens),
    };
    let mut columns: [Vec<u32>; 2] = Default::default();
    let (mut done, mut first) = ([0_usize; 2], 0_usize);
    // What comes before a pair is set flush at it; the ends of the prompts are the last pair.
    for pair in pairs.into_iter().chain([lens]) {
        let before = [pair[0] - done[0], pair[1] - done[1]];
        let column = first + before[0].max(before[1]);
        for (side, columns) in columns.iter_mut().enumerate() {
            let to = column + usize::from(pair[side] < lens[side]);
            columns.extend((column - before[side]..to).map(|at| at as u32));
        }
        done = pair.map(|place| place + 1);
        first = column + 1;
    }
    columns
}

/// Places of tokens that are the same and in the same order in both: as many as there can be
/// (Wagner, Fischer 1974, "The String-to-String Correction Problem").
fn common<T: PartialEq>([a, b]: [&[T]; 2]) -> Vec<[usize; 2]> {
    // Prompts that are compared differ in a few tokens: the table is of what lies between.
    let n_first = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (in_a, in_b) = (&a[n_first..], &b[n_first..]);
    let n_last = in_a.iter().rev().zip(in_b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (in_a, in_b) = (&in_a[..in_a.len() - n_last], &in_b[..in_b.len() - n_last]);
    let width = in_b.len() + 1;
    // How many are common to what follows two places.
    let mut most = vec![0_u32; (in_a.len() + 1) * width];
    for x in (0..in_a.len()).rev() {
        for y in (0..in_b.len()).rev() {
            most[x * width + y] = if in_a[x] == in_b[y] {
                most[(x + 1) * width + y + 1] + 1
            } else {
                most[(x + 1) * width + y].max(most[x * width + y + 1])
            };
        }
    }
    let mut pairs: Vec<[usize; 2]> = (0..n_first).map(|at| [at, at]).collect();
    let (mut x, mut y) = (0, 0);
    while x < in_a.len() && y < in_b.len() {
        if in_a[x] == in_b[y] {
            pairs.push([n_first + x, n_first + y]);
            (x, y) = (x + 1, y + 1);
        } else if most[(x + 1) * width + y] >= most[x * width + y + 1] {
            x += 1;
        } else {
            y += 1;
        }
    }
    pairs.extend((0..n_last).rev().map(|back| [a.len() - 1 - back, b.len() - 1 - back]));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(a: &str, b: &str, align: CompareAlign) -> [Vec<u32>; 2] {
        let tokens = [a, b].map(|text| text.split(' ').collect::<Vec<_>>());
        columns([tokens[0].as_slice(), tokens[1].as_slice()], align)
    }

    #[test]
    fn prompts_are_set_flush_at_an_end() {
        let (a, b) = ("one two three", "two three four five");
        assert_eq!(laid(a, b, CompareAlign::Start), [vec![0, 1, 2], vec![0, 1, 2, 3]]);
        for align in [CompareAlign::End, CompareAlign::Any] {
            assert_eq!(laid(a, b, align), [vec![1, 2, 3], vec![0, 1, 2, 3]]);
        }
    }

    #[test]
    fn the_same_tokens_share_a_column() {
        let of = |a, b| laid(a, b, CompareAlign::Token);
        // One prompt begins with more.
        let found = of("the capital of Texas is", "in fact the capital of Texas is");
        assert_eq!(found, [vec![2, 3, 4, 5, 6], vec![0, 1, 2, 3, 4, 5, 6]]);
        // What stands between them is set flush at the token after it.
        let found = of("state containing Dallas is", "state containing Oak Port City is");
        assert_eq!(found, [vec![0, 1, 4, 5], vec![0, 1, 2, 3, 4, 5]]);
        // Nothing in common: flush at the end.
        assert_eq!(of("a b", "c d e"), laid("a b", "c d e", CompareAlign::End));
        assert_eq!(of("a", "a"), [vec![0], vec![0]]);
    }

    #[test]
    fn as_many_tokens_as_can_be_are_the_same() {
        let [a, b] = laid("x the y the z", "the y w the", CompareAlign::Token);
        let shared = a.iter().filter(|column| b.contains(column)).count();
        assert_eq!((shared, a[1], a[2], a[3]), (3, b[0], b[1], b[3]));
        // Columns rise, and none is left empty.
        let mut all: Vec<u32> = a.iter().chain(&b).copied().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all, (0..all.len() as u32).collect::<Vec<_>>());
    }
}
