//! Opposites in English, French and Chinese (pinyin), each word one token of one language.
//!
//! Accents are left out, so that every word can be typed anywhere. A word that two languages
//! share would belong to neither, so none is.

/// A pair of opposites; the outer index of the words is the language: English, French, Chinese.
pub(crate) type Pair = [[&'static str; 2]; 3];

/// Two pairs that mean the same: the words of one place are synonyms.
pub(crate) const DOUBLE: [[Pair; 2]; 10] = [
    [
        [["small", "big"], ["petit", "grand"], ["xiao", "da"]],
        [["little", "large"], ["menu", "vaste"], ["weixiao", "juda"]],
    ],
    [
        [["fast", "slow"], ["rapide", "lent"], ["kuai", "huan"]],
        [["quick", "sluggish"], ["vite", "tardif"], ["xunsu", "huanman"]],
    ],
    [
        [["happy", "sad"], ["heureux", "triste"], ["kaixin", "shangxin"]],
        [["glad", "gloomy"], ["joyeux", "morose"], ["gaoxing", "beishang"]],
    ],
    [
        [["rich", "poor"], ["riche", "pauvre"], ["fuyou", "pinqiong"]],
        [["wealthy", "needy"], ["opulent", "indigent"], ["youqian", "pinku"]],
    ],
    [
        [["strong", "weak"], ["fort", "faible"], ["qiang", "ruo"]],
        [["mighty", "feeble"], ["puissant", "fragile"], ["qiangda", "ruoxiao"]],
    ],
    [
        [["smart", "stupid"], ["malin", "bete"], ["congming", "ben"]],
        [["clever", "foolish"], ["ruse", "idiot"], ["jizhi", "yuchun"]],
    ],
    [
        [["loud", "quiet"], ["bruyant", "calme"], ["chao", "anjing"]],
        [["noisy", "silent"], ["sonore", "muet"], ["xuanhua", "jijing"]],
    ],
    [
        [["bold", "timid"], ["courageux", "peureux"], ["yonggan", "danxiao"]],
        [["brave", "fearful"], ["vaillant", "craintif"], ["yingyong", "qienuo"]],
    ],
    [
        [["clean", "dirty"], ["propre", "sale"], ["ganjing", "zang"]],
        [["pure", "filthy"], ["net", "crasseux"], ["jiejing", "wuhui"]],
    ],
    [
        [["hard", "soft"], ["dur", "mou"], ["ying", "ruan"]],
        [["solid", "tender"], ["ferme", "tendre"], ["jianying", "rouruan"]],
    ],
];

/// Pairs without synonyms.
pub(crate) const SINGLE: [Pair; 40] = [
    [["hot", "cold"], ["chaud", "froid"], ["re", "leng"]],
    [["high", "low"], ["haut", "bas"], ["gao", "di"]],
    [["old", "new"], ["vieux", "neuf"], ["jiu", "xin"]],
    [["open", "closed"], ["ouvert", "clos"], ["kai", "guan"]],
    [["full", "empty"], ["plein", "vide"], ["baoman", "kongxu"]],
    [["light", "dark"], ["clair", "sombre"], ["liang", "heian"]],
    [["near", "far"], ["proche", "loin"], ["jin", "yuan"]],
    [["wet", "dry"], ["humide", "sec"], ["shi", "gan"]],
    [["young", "elderly"], ["jeune", "ancien"], ["nianqing", "nianlao"]],
    [["good", "bad"], ["bon", "mauvais"], ["hao", "huai"]],
    [["early", "late"], ["tot", "tard"], ["zao", "wan"]],
    [["thick", "thin"], ["epais", "mince"], ["hou", "bao"]],
    [["wide", "narrow"], ["ample", "etroit"], ["kuan", "zhai"]],
    [["deep", "shallow"], ["profond", "superficiel"], ["shen", "qian"]],
    [["easy", "difficult"], ["facile", "difficile"], ["rongyi", "kunnan"]],
    [["cheap", "costly"], ["modique", "cher"], ["pianyi", "gui"]],
    [["sweet", "bitter"], ["doux", "amer"], ["tian", "ku"]],
    [["true", "false"], ["vrai", "faux"], ["zhen", "jia"]],
    [["alive", "dead"], ["vivant", "mort"], ["huo", "si"]],
    [["polite", "rude"], ["poli", "grossier"], ["limao", "culu"]],
    [["rough", "smooth"], ["rugueux", "lisse"], ["cucao", "guanghua"]],
    [["sharp", "blunt"], ["pointu", "emousse"], ["jian", "dun"]],
    [["tight", "loose"], ["serre", "lache"], ["jincou", "songsan"]],
    [["modern", "ancient"], ["moderne", "antique"], ["xiandai", "gudai"]],
    [["awake", "asleep"], ["eveille", "endormi"], ["xing", "shui"]],
    [["healthy", "sick"], ["sain", "malade"], ["jiankang", "shengbing"]],
    [["honest", "deceitful"], ["honnete", "trompeur"], ["chengshi", "xujia"]],
    [["lazy", "diligent"], ["paresseux", "assidu"], ["landuo", "qinfen"]],
    [["generous", "stingy"], ["genereux", "avare"], ["kangkai", "linse"]],
    [["humble", "proud"], ["modeste", "fier"], ["qianxu", "jiaoao"]],
    [["calm", "agitated"], ["serein", "agite"], ["pingjing", "jidong"]],
    [["beautiful", "ugly"], ["beau", "laid"], ["meili", "choulou"]],
    [["fresh", "stale"], ["frais", "rassis"], ["xinxian", "chenjiu"]],
    [["raw", "cooked"], ["cru", "cuit"], ["sheng", "shu"]],
    [["straight", "crooked"], ["droit", "tordu"], ["bizhi", "wanqu"]],
    [["visible", "hidden"], ["manifeste", "cache"], ["kejian", "yincang"]],
    [["friendly", "hostile"], ["amical", "ennemi"], ["youhao", "didui"]],
    [["day", "night"], ["jour", "nuit"], ["baitian", "yewan"]],
    [["winter", "summer"], ["hiver", "ete"], ["dongtian", "xiatian"]],
    [["war", "peace"], ["guerre", "paix"], ["zhanzheng", "heping"]],
];

/// All sixty pairs: those with synonyms first, each beside its double.
pub(crate) fn pairs() -> impl Iterator<Item = &'static Pair> {
    DOUBLE.as_flattened().iter().chain(&SINGLE)
}
