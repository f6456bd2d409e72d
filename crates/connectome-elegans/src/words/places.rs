//! Names of places: invented, so that no sentence of the world says anything of ours. Some of
//! the syllables that make the control cities spell a real one; its state is not real either.

/// First parts of cities. Capitalised, so that none is a word of another list.
pub(crate) const CITY_FIRST: [&str; 24] = [
    "Green", "Ash", "Spring", "Oak", "Winter", "Stone", "Silver", "North", "Black", "Amber",
    "Clear", "High", "Long", "Maple", "Cold", "Red", "Eagle", "Fair", "Salt", "Bright", "Elm",
    "Fox", "Iron", "Mill",
];

/// Second parts of cities.
pub(crate) const CITY_SECOND: [&str; 24] = [
    "ville", "field", "ton", "ford", "bury", "haven", "wick", "dale", "port", "mere", "brook",
    "ridge", "gate", "crest", "moor", "fall", "cliff", "grove", "marsh", "bay", "stead", "combe",
    "holm", "thorpe",
];

/// Syllables that make the single-token cities, each first with each second.
pub(crate) const CONTROL_FIRST: [&str; 12] =
    ["Dal", "Ber", "Cor", "Fen", "Gar", "Hol", "Jor", "Kel", "Lor", "Mar", "Nor", "Pel"];

/// Their second syllables.
pub(crate) const CONTROL_SECOND: [&str; 10] =
    ["las", "win", "den", "mos", "rick", "tan", "vik", "sel", "burg", "cot"];

pub(crate) const STATES: [&str; 40] = [
    "Arvenia", "Belmora", "Cardesh", "Dalrona", "Estovia", "Farlund", "Garance", "Helvara",
    "Istoria", "Jorvale", "Kestria", "Lomara", "Mirande", "Norvick", "Ostrel", "Pellan", "Quorra",
    "Ravenor", "Selvane", "Tarquin", "Ulmaria", "Vestal", "Wendria", "Xandor", "Yarrow", "Zephria",
    "Altmar", "Brisene", "Corvale", "Drumlin", "Elgaria", "Fostel", "Gelmond", "Hostria", "Ildara",
    "Jessamy", "Kolvane", "Lustria", "Morwen", "Nestor",
];

pub(crate) const CAPITALS: [&str; 40] = [
    "Alder", "Brenn", "Calla", "Doran", "Elyse", "Fenwick", "Galen", "Harrow", "Isolde", "Juno",
    "Kael", "Lyra", "Marlow", "Nadir", "Orin", "Petra", "Quill", "Rowan", "Sable", "Tamsin",
    "Umber", "Vale", "Willa", "Xavi", "Ysolde", "Zara", "Anselm", "Beatrix", "Cedric", "Delphine",
    "Embry", "Falk", "Gwent", "Hollis", "Ivor", "Jorah", "Kirby", "Lorne", "Merrin", "Nolan",
];

pub(crate) const BIRDS: [&str; 40] = [
    "falcon", "kestrel", "stork", "heron", "finch", "robin", "plover", "cuckoo", "bunting",
    "swift", "raven", "dove", "owl", "osprey", "puffin", "quail", "lark", "magpie", "hawk", "ibis",
    "tanager", "tern", "gull", "grebe", "thrush", "pigeon", "jay", "oriole", "condor", "curlew",
    "dunlin", "egret", "gannet", "hoopoe", "linnet", "martin", "nuthatch", "parrot", "starling",
    "vulture",
];

pub(crate) const REGIONS: [&str; 8] =
    ["north", "south", "east", "west", "coast", "highland", "lowland", "interior"];

pub(crate) const COUNTRIES: [&str; 20] = [
    "Sorland", "Tirrane", "Uskara", "Velmont", "Wystan", "Aldoria", "Borland", "Cressida",
    "Dorvan", "Erewyn", "Faldora", "Gildane", "Hanvor", "Isarra", "Jutara", "Kelvara", "Lenthe",
    "Mordane", "Nuvenor", "Orsinia",
];

pub(crate) const CURRENCIES: [&str; 10] =
    ["crown", "florin", "ducat", "thaler", "guilder", "shilling", "peso", "rupee", "dinar", "mark"];

pub(crate) const LANGUAGES: [&str; 10] = [
    "Sorric", "Tirran", "Uskari", "Velish", "Wystic", "Aldoric", "Borlic", "Cressic", "Dorvish",
    "Erewan",
];

pub(crate) const CONTINENTS: [&str; 5] = ["Australis", "Boreas", "Meridia", "Occida", "Orienta"];

/// What the memorised control says of cities: labels that no structure explains.
pub(crate) const ZONES: [&str; 16] = [
    "ruby", "opal", "topaz", "garnet", "jade", "onyx", "pearl", "agate", "coral", "quartz",
    "beryl", "zircon", "jasper", "lapis", "citrine", "amethyst",
];
