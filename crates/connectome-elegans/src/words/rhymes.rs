//! Words that rhyme, and words that agree with what a line is going to end in.

pub(crate) const GROUPS: [[&str; 5]; 30] = [
    ["cat", "hat", "bat", "mat", "rat"],
    ["dog", "log", "frog", "fog", "hog"],
    ["bee", "tree", "knee", "sea", "key"],
    ["mouse", "house", "blouse", "louse", "grouse"],
    ["bear", "chair", "pear", "hair", "stair"],
    ["snail", "nail", "tail", "sail", "rail"],
    ["king", "ring", "wing", "sling", "swing"],
    ["cake", "lake", "snake", "rake", "steak"],
    ["moon", "spoon", "balloon", "baboon", "lagoon"],
    ["boat", "goat", "coat", "throat", "moat"],
    ["star", "car", "jar", "bar", "scar"],
    ["clock", "sock", "rock", "lock", "block"],
    ["pen", "hen", "den", "wren", "glen"],
    ["bell", "shell", "cell", "smell", "gel"],
    ["brick", "chick", "stick", "trick", "kick"],
    ["plane", "train", "crane", "chain", "brain"],
    ["kite", "knight", "bite", "site", "height"],
    ["bread", "thread", "sled", "head", "shed"],
    ["flower", "tower", "shower", "power", "hour"],
    ["duck", "truck", "buck", "puck", "luck"],
    ["bug", "rug", "mug", "jug", "hug"],
    ["fan", "pan", "clan", "van", "man"],
    ["pig", "wig", "fig", "twig", "dig"],
    ["mole", "bowl", "pole", "hole", "coal"],
    ["nest", "vest", "chest", "guest", "quest"],
    ["rose", "nose", "hose", "toes", "crows"],
    ["corn", "horn", "thorn", "unicorn", "acorn"],
    ["bride", "slide", "tide", "guide", "ride"],
    ["land", "hand", "band", "stand", "strand"],
    ["ship", "chip", "lip", "whip", "drip"],
];

/// Adjectives that go with the words of a class.
pub(crate) const ADJECTIVES: [[&str; 3]; 6] = [
    ["hungry", "furry", "tame"],
    ["wooden", "rusty", "hollow"],
    ["silken", "woven", "ragged"],
    ["tasty", "salty", "juicy"],
    ["distant", "misty", "endless"],
    ["royal", "noble", "famous"],
];

/// Verbs that go with them.
pub(crate) const VERBS: [[&str; 3]; 6] = [
    ["growled", "crept", "leapt"],
    ["creaked", "rattled", "clattered"],
    ["fluttered", "rustled", "swayed"],
    ["melted", "sizzled", "smelled"],
    ["glowed", "loomed", "shimmered"],
    ["marched", "bowed", "strolled"],
];

/// Who the first line is about.
pub(crate) const SUBJECTS: [&str; 12] = [
    "teacher", "farmer", "sailor", "doctor", "baker", "painter", "hunter", "singer", "banker",
    "pilot", "miller", "nurse",
];

/// What they did.
pub(crate) const ACTIONS: [&str; 8] =
    ["saw", "found", "bought", "drew", "lost", "wanted", "passed", "chose"];
