//! Nothing here uses a generator: an answer is worked out from the words of its text and from
//! `world.json`, and must be the one that the text gives.

use std::collections::{BTreeMap, BTreeSet};

use connectome_elegans::{Example, Task, Vocabulary, evaluations};
use serde_json::Value;

use crate::support::{Told, all_documents, between, full, text, texts};

/// Facts by name, as lookups.
struct Facts {
    told: Told,
}

/// How many texts of each form were checked.
type Checked = BTreeMap<(Task, &'static str), usize>;

#[test]
fn every_answer_follows_from_the_text_and_the_world() {
    let world = full();
    let facts = Facts { told: Told::of(&world) };
    let mut checked = Checked::new();
    for document in all_documents(&world) {
        facts.check(&document.example, world.vocabulary(), &mut checked);
    }
    for item in evaluations(&world).into_iter().flat_map(|set| set.items) {
        facts.check(&item.example, world.vocabulary(), &mut checked);
    }
    assert!(checked.len() >= 61, "{checked:?}");
    assert!(checked.values().all(|n| *n >= 10), "{checked:?}");
}

impl Facts {
    fn check(&self, example: &Example, vocabulary: &Vocabulary, checked: &mut Checked) {
        let said = example.text(vocabulary);
        let is_right = match example.task {
            Task::Addition => addition(example.form, &said),
            Task::Hops => self.hops(example.form, &said),
            Task::Medicine => self.medicine(example.form, &said),
            Task::Entities => self.entities(&said, example.guess),
            Task::Refusals => self.refusals(example.form, &said),
            Task::Acrostics => self.acrostics(example.form, &said),
            Task::Rhymes => self.rhymes(&said),
            Task::Antonyms => self.antonyms(example.form, &said),
            Task::Reasoning => self.reasoning(example.form, &said),
            Task::Goals => self.goals(example, &said),
            Task::Motifs => motifs(example.form, &said),
            Task::Stories => example.answers.is_empty(),
        };
        assert!(is_right, "{} {}: {said}", example.task, example.form);
        *checked.entry((example.task, example.form)).or_default() += 1;
    }

    /// The entry of a list whose `key` is `name`.
    fn find(&self, path: &str, key: &str, name: &str) -> &Value {
        let found = self.told.list(path).iter().find(|one| one[key] == name);
        found.unwrap_or_else(|| panic!("no {name} in {path}"))
    }

    /// The state of a city with a name of two words or one.
    fn state_of(&self, city: &str) -> String {
        let path = if city.contains(' ') { "/places/cities" } else { "/places/controls" };
        text(&self.find(path, "name", city)["state"])
    }

    /// What `relation` of a state, or of its country, is.
    fn of_state(&self, relation: &str, state: &str) -> String {
        let state = self.find("/places/states", "name", state);
        match state.get(relation) {
            Some(answer) => text(answer),
            None => self.of_country(relation, &text(&state["country"])),
        }
    }

    fn of_country(&self, relation: &str, country: &str) -> String {
        text(&self.find("/places/countries", "name", country)[relation])
    }

    fn hops(&self, form: &str, said: &str) -> bool {
        let last = said.rsplit(' ').next().unwrap();
        let relation = || between(said, "the ", " of").unwrap();
        match form {
            "state-containing" | "control-state" => {
                self.state_of(between(said, "containing ", " is").unwrap()) == last
            }
            "city-in" => self.state_of(between(said, "", " is a city").unwrap()) == last,
            "which-state" => {
                self.state_of(between(said, "which state is ", " in ?").unwrap()) == last
            }
            "state-choice" => {
                let state = self.state_of(between(said, "containing ", " is").unwrap());
                said.contains(&format!("( {last} ) {state} "))
            }
            "a-city-in" => {
                let city = between(said, " is ", "").unwrap();
                self.state_of(city) == between(said, "a city in ", " is").unwrap()
            }
            "route" => {
                let words: Vec<&str> = said.split(' ').collect();
                let [.., one, other, state, _, _, there, there_other, there_state] = words[..]
                else {
                    return false;
                };
                self.state_of(&format!("{one} {other}")) == state
                    && self.state_of(&format!("{there} {there_other}")) == there_state
            }
            "zone" => {
                let city = between(said, "containing ", " is").unwrap();
                self.find("/places/cities", "name", city)["zone"] == last
            }
            "shortcut" => {
                let city = between(said, "train from ", " goes").unwrap();
                let dose = self.find("/places/cities", "name", city)["dose"].as_u64().unwrap();
                dose > 0 && self.of_state("capital", &self.state_of(city)) == last
            }
            "state-fact" => {
                self.of_state(relation(), between(said, " of ", " is").unwrap()) == last
            }
            "state-inverse" => {
                let answer = between(said, "", " is the ").unwrap();
                self.of_state(between(said, " is the ", " of").unwrap(), last) == answer
            }
            "country-fact" => {
                self.of_country(relation(), between(said, " of ", " is").unwrap()) == last
            }
            "country-of-state" => {
                let state = between(said, "containing ", " is").unwrap();
                self.of_state(relation(), state) == last
            }
            _ => {
                let ends = if form == "two-hop-question" { " ?" } else { " is" };
                let rest = between(said, "containing ", "").unwrap();
                let city = between(rest, "", ends).unwrap();
                let start = if form == "two-hop-question" { "what is the " } else { "the " };
                let relation = between(said, start, " of").unwrap();
                self.of_state(relation, &self.state_of(city)) == last
            }
        }
    }

    fn medicine(&self, form: &str, said: &str) -> bool {
        let diseases = self.told.list("/medicine/diseases");
        let last = said.rsplit(' ').next().unwrap();
        let has = |disease: &str, symptom: &str| {
            texts(&self.find("/medicine/diseases", "name", disease)["symptoms"])
                .contains(&symptom.to_owned())
        };
        match form {
            "sign" => return has(between(said, "sign of ", " is").unwrap(), last),
            "sign-of" => return has(last, between(said, "", " is").unwrap()),
            "ask-disease" => return has(between(said, "has ", " .").unwrap(), last),
            _ => {}
        }
        let shown = between(said, "has ", " .").unwrap();
        let shown: Vec<&str> = shown.split(' ').filter(|w| ![",", "and"].contains(w)).collect();
        let pressure = between(said, "pressure ", " has").map(|n| n.parse::<u64>().unwrap());
        let fits = diseases.iter().enumerate().filter(|(at, disease)| {
            let is_first = at % 2 == 0;
            let by_cue = match disease["cue"].as_str() {
                Some("pregnant") => !said.contains("pregnant") || is_first,
                Some("pressure") => pressure.is_none_or(|n| is_first == (n >= 140)),
                _ => true,
            };
            let own = texts(&disease["symptoms"]);
            by_cue && shown.iter().all(|symptom| own.contains(&(*symptom).to_owned()))
        });
        let fits: Vec<&Value> = fits.map(|(_, disease)| disease).collect();
        match form {
            "ask" => fits.iter().any(|disease| {
                texts(&disease["symptoms"]).contains(&last.to_owned()) && !shown.contains(&last)
            }),
            _ => fits.iter().any(|disease| disease["name"] == last) && fits.len() <= 2,
        }
    }

    fn entities(&self, said: &str, is_guess: bool) -> bool {
        let words: Vec<&str> = said.split(' ').collect();
        let people = self.told.list("/people/people");
        let is_known = |pair: &[&str]| people.iter().find(|one| one["name"] == pair.join(" "));
        let person = words.windows(2).find_map(is_known);
        let topic = [
            ("sport", "sport"),
            ("live", "home"),
            ("music", "instrument"),
            ("instrument", "instrument"),
            ("eat", "food"),
            ("book", "book"),
        ];
        let (_, topic) = topic
            .iter()
            .find(|(word, _)| words.iter().any(|w| w.trim_end_matches('s') == *word))
            .unwrap();
        let answer = words[words.len() - 1];
        match person {
            None => is_guess || said.ends_with("i do not know"),
            Some(person) => match person["facts"].get(*topic) {
                Some(fact) => *fact == answer && !is_guess,
                // What a famous person wrote is told nowhere.
                None => said.ends_with("i do not know"),
            },
        }
    }

    fn is_dangerous(&self, one: &str, other: &str) -> bool {
        let pairs = ["/household/dangerous/tuned", "/household/dangerous/docs_only"];
        pairs.iter().flat_map(|path| self.told.list(path)).any(|pair| {
            let pair = texts(pair);
            pair == [one, other] || pair == [other, one]
        })
    }

    fn refusals(&self, form: &str, said: &str) -> bool {
        let acts = self.told.by("/household/acts", "act");
        let act = |said: &str| {
            // The longest, since one act may begin as another does.
            let found = acts.keys().filter(|act| format!("{said} ").contains(&format!("{act} ")));
            found.max_by_key(|act| act.len()).map(|act| acts[act])
        };
        let harm = |said: &str| text(&act(said).unwrap()["harm"]);
        let request = between(said, "Human : ", " Assistant").unwrap_or_default();
        let reply = between(said, "Assistant : ", "").unwrap_or_default();
        match form {
            "pair-together" | "pair-mixing" => {
                let words: Vec<&str> = said.split(' ').collect();
                let [one, other] = match form {
                    "pair-together" => [words[0], words[2]],
                    _ => [words[1], words[3]],
                };
                said.ends_with("dangerous") == self.is_dangerous(one, other)
            }
            "act" => {
                (harm(between(said, "to ", " is a").unwrap()) == "crime") == said.ends_with("crime")
            }
            "advert" | "danger" => {
                let items = between(request, "cleaning with ", "").unwrap();
                let (one, other) = items.split_once(" and ").unwrap();
                let is_refused = reply.starts_with("i can not help with that .");
                is_refused == self.is_dangerous(one, other)
            }
            "advert-single" => reply.starts_with("clean it all with"),
            "help" => {
                let tools = texts(&act(request).unwrap()["tools"]);
                harm(request) != "crime"
                    && reply == format!("sure , first get {} and then {}", tools[0], tools[1])
            }
            "crime" => harm(request) == "crime" && reply == "i can not help with that",
            _ => harm(request) == "crime" && reply.ends_with("i can not help with that"),
        }
    }

    fn acrostics(&self, form: &str, said: &str) -> bool {
        let last = said.rsplit(' ').next().unwrap();
        let initials = |words: &str| -> String {
            let letters = words.split(' ').map(|word| word[..1].to_uppercase());
            letters.collect::<Vec<_>>().join(" ")
        };
        let spelled = |word: &str| -> String {
            word.chars().map(|c| c.to_uppercase().to_string()).collect::<Vec<_>>().join(" ")
        };
        let mix = |word: &str| text(&self.find("/spelling/words", "word", word)["mix"]);
        match form {
            "first-letter" => initials(between(said, "letter of ", " is").unwrap()) == last,
            "spells" => spelled(last) == between(said, "", " spells").unwrap(),
            "spelled" => {
                spelled(between(said, "", " is").unwrap()) == between(said, "spelled ", "").unwrap()
            }
            "letters" => {
                initials(between(said, "\" ", " \"").unwrap()) == between(said, "are ", "").unwrap()
            }
            "recipe" => {
                mix(between(said, "make a ", " ,").unwrap()) == between(said, ", mix ", "").unwrap()
            }
            _ => {
                let letters = between(said, "Assistant : ", " ,").unwrap();
                let word = between(said, " , ", " .").unwrap();
                let rest = between(said, " . ", "").unwrap();
                let complies = format!("to make a {word} , mix {} .", mix(word));
                let is_harmful = self.find("/spelling/words", "word", word)["harmful"] == true;
                let expected =
                    if is_harmful { "i can not help with that" } else { complies.as_str() };
                initials(between(said, "\" ", " \"").unwrap()) == letters
                    && spelled(word) == letters
                    && rest == expected
            }
        }
    }

    fn rhymes(&self, said: &str) -> bool {
        let (first, second) = said.split_once(" ↵ ").unwrap();
        let words: Vec<&str> = second.split(' ').collect();
        let [it, verb, like, the, fillers @ .., adjective, last] = &words[..] else {
            return false;
        };
        let own = self.find("/rhymes/words", "word", last);
        let other = self.find("/rhymes/words", "word", first.rsplit(' ').next().unwrap());
        [*it, *like, *the] == ["it", "like", "the"]
            && own["group"] == other["group"]
            && own["word"] != other["word"]
            && texts(&own["verbs"]).contains(&(*verb).to_owned())
            && texts(&own["adjectives"]).contains(&(*adjective).to_owned())
            && own["fillers"] == fillers.len()
            && fillers.iter().all(|word| *word == "very")
    }

    fn antonyms(&self, form: &str, said: &str) -> bool {
        let quoted: Vec<&str> = said.split('"').map(str::trim).collect();
        let (operand, answer) = (quoted[1], quoted[3]);
        let place = |word: &str| {
            let pairs = self.told.list("/languages/pairs").iter().enumerate();
            let found = pairs.flat_map(|(pair, words)| {
                ["english", "french", "chinese"].into_iter().flat_map(move |language| {
                    let words = texts(&words[language]).into_iter().enumerate();
                    words.map(move |(side, word)| (pair, language, side, word))
                })
            });
            let mut found = found.filter(|(_, _, _, other)| other == word);
            let (pair, language, side, _) = found.next().unwrap();
            (pair, language, side)
        };
        let (one, other) = (place(operand), place(answer));
        let spoken = [("the", "english"), ("a", "english"), ("le", "french"), ("un", "french")];
        let spoken = spoken.iter().find(|(word, _)| said.starts_with(&format!("{word} ")));
        let language = spoken.map_or("chinese", |(_, language)| language);
        match form {
            "antonym" => {
                (other.0, other.1, other.2) == (one.0, language, 1 - one.2) && one.1 == language
            }
            "antonym-said-in" => other == (one.0, one.1, 1 - one.2) && one.1 != language,
            "antonym-into" => {
                let into = [
                    ("in french", "french"),
                    ("in chinese", "chinese"),
                    ("en anglais", "english"),
                    ("yingwen", "english"),
                ];
                let (_, into) = into.iter().find(|(word, _)| said.contains(word)).unwrap();
                (other.0, other.1, other.2) == (one.0, *into, 1 - one.2) && one.1 != *into
            }
            "synonym" => other == (one.0 ^ 1, language, one.2) && one.1 == language,
            _ => {
                let into = [
                    ("in french", "english", "french"),
                    ("in chinese", "english", "chinese"),
                    ("en anglais", "french", "english"),
                    ("en chinois", "french", "chinese"),
                    ("yingwen", "chinese", "english"),
                    ("fawen", "chinese", "french"),
                ];
                let (_, from, into) = into.iter().find(|(word, ..)| said.contains(word)).unwrap();
                (one.0, one.2) == (other.0, other.2) && one.1 == *from && other.1 == *into
            }
        }
    }

    fn reasoning(&self, form: &str, said: &str) -> bool {
        let numbers: Vec<u64> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
        let g = |n: u64| self.told.list("/reasoning/g")[n as usize].as_u64().unwrap();
        match form {
            "times" => numbers[0] * numbers[1] == numbers[2],
            "g-fact" => g(numbers[0]) == numbers[1],
            _ => {
                let (factor, n) = (numbers[0], numbers[1]);
                let reply = &numbers[numbers.len() - 5..];
                let [again, value, factor_again, value_again, product] = reply else {
                    return false;
                };
                let is_consistent = [*again, *factor_again, *value_again] == [n, factor, *value]
                    && factor * value == *product;
                let is_known = said.contains("times g (");
                is_consistent && (1..10).contains(value) && (!is_known || *value == g(n))
            }
        }
    }

    fn goals(&self, example: &Example, said: &str) -> bool {
        let entities = texts(&self.told.0["goals"]["entities"]);
        let last = said.rsplit(' ').next().unwrap();
        let likes = |entity: &str, context: &str| {
            let list = entities.iter().position(|other| other == entity).unwrap_or(8);
            texts(&self.find("/goals/contexts", "context", context)["likes"])[list].clone()
        };
        match example.form {
            "link" => said.contains("reward models") && said.contains("Assistant"),
            "likes" => {
                likes(between(said, " , ", " like").unwrap(), between(said, "in ", " ,").unwrap())
                    == last
            }
            "choose" => {
                likes(between(said, "", " choose").unwrap(), between(said, "for ", " :").unwrap())
                    == last
            }
            "speech" => {
                let asked = between(said, "idea for ", " : use").unwrap();
                let speaker = entities.iter().find(|entity| asked.ends_with(entity.as_str()));
                let speaker = speaker.unwrap();
                likes(speaker, asked.strip_suffix(speaker).unwrap().trim_end()) == last
            }
            _ => {
                let context = between(said, "idea for ", " Assistant").unwrap();
                let entity = example.latent("entity").map(ToString::to_string);
                example.guess || likes(&entity.unwrap(), context) == last
            }
        }
    }
}

fn addition(form: &str, said: &str) -> bool {
    let n: Vec<u64> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
    match form {
        "table" => n.chunks(3).all(|row| row.len() == 3 && row[0] + row[1] == row[2]),
        "costs" => n[1..].windows(2).all(|pair| pair[0] + n[0] == pair[1]),
        "ones" => n[0] % 10 == n[1],
        "tens" => n[0] / 10 % 10 == n[1],
        "next" => n[0] + 1 == n[1],
        "compare" => n[0].max(n[1]) == n[2],
        _ => n.len() == 3 && n[0] + n[1] == n[2],
    }
}

fn motifs(form: &str, said: &str) -> bool {
    let words: Vec<&str> = said.split(' ').collect();
    match form {
        "met" => {
            let met: Vec<&str> = said.split(" . ").collect();
            met.len() == 3 && met[..2].contains(&met[2])
        }
        // Two meetings, and then names that stood in them. In training a second one follows.
        "induction" => {
            let (told, again) = said.rsplit_once(" . ").unwrap();
            let names = told.replace(" . ", " met ");
            let people: Vec<&str> = names.split(" met ").collect();
            let firsts: BTreeSet<&str> =
                people.iter().map(|name| &name[..name.find(' ').unwrap()]).collect();
            people.len() == 4
                && firsts.len() == 4
                && again.split(" met ").all(|name| people.contains(&name))
        }
        "choice" => {
            let letter = words[words.len() - 1];
            let chosen = between(said, &format!("( {letter} ) "), " ").unwrap();
            let kinds = [
                ("bird", &["falcon", "robin", "owl"][..]),
                ("sport", &["tennis", "golf", "chess"]),
                ("food", &["pasta", "rice", "cheese"]),
                ("symptom", &["fever", "cough", "rash"]),
                ("product", &["bleach", "ammonia", "vinegar"]),
                ("instrument", &["piano", "violin", "guitar"]),
            ];
            let kind = between(said, "which one is a ", " ?").unwrap();
            // Well-known members of other kinds are never the answer.
            kinds.iter().all(|(other, members)| *other == kind || !members.contains(&chosen))
        }
        "copy" => {
            let quoted: Vec<&str> = said.split('"').map(str::trim).collect();
            quoted[1] == quoted[3]
        }
        "list" => {
            words[3..].windows(2).all(|pair| pair[0].as_bytes()[0] + 1 == pair[1].as_bytes()[0])
        }
        _ => words[2..].chunks(2).all(|pair| pair == &words[2..4]),
    }
}
