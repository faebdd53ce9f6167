//! The estimate beside `o200k_base`.

use super::*;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Documents with fewer tokens are not judged.
const TOKENS_MIN: usize = 150;
/// What is read of one file, in bytes: the vocabulary is slow without optimisation.
const FILE_BYTES_MAX: usize = 24 * 1024;

const GERMAN: &str = "Am Donnerstag kam der Brief an, auf den die Verwaltung seit drei Wochen gewartet hatte. Er enthielt weder \
die Unterschriften der Bürgermeisterin noch die angekündigten Baupläne, sondern lediglich eine höfliche Entschuldigung: Die \
Brückenprüfung habe länger gedauert als vorgesehen, und das Ergebnis liege frühestens im Januar vor. Für die Anwohnerinnen und \
Anwohner bedeutete das, dass die Umleitung über die Hauptstraße bestehen blieb. Viele hatten sich inzwischen daran gewöhnt, \
früher aufzustehen; andere fuhren mit dem Fahrrad am Flussufer entlang, obwohl der Weg nach jedem Regen unter Wasser stand. \
Der Gemeinderat beschloss, zusätzliche Busse einzusetzen und die Haltestelle am Marktplatz zu überdachen. Über die Kosten wurde \
lange gestritten. Schließlich einigte man sich auf einen Betrag, der ungefähr der Hälfte der ursprünglichen Schätzung entsprach.";

const FRENCH: &str = "Le train de nuit s'arrêtait encore dans cette petite gare, bien que personne ne sache exactement pourquoi. \
Le chef de gare, un homme discret qui élevait des abeilles derrière l'ancien entrepôt, notait chaque passage dans un cahier à \
carreaux. Il y inscrivait l'heure d'arrivée, le nombre de voyageurs et, parfois, une remarque sur le temps qu'il faisait. Ce \
soir-là, une femme descendit avec deux valises et un violoncelle. Elle demanda s'il existait un hôtel ouvert à cette heure; il \
répondit que non, mais que sa sœur louait une chambre au-dessus de la boulangerie. Ils traversèrent la place sous une pluie fine. \
Le lendemain matin, tout le village savait déjà qu'une musicienne était arrivée et qu'elle resterait jusqu'au printemps.";

const RUSSIAN: &str = "Осенью в лабораторию привезли новый прибор, который должен был измерять качество воды в реке. Инструкция была \
написана на четырёх языках, но ни одна из версий не совпадала с остальными, поэтому сотрудники решили проверить всё сами. Сначала \
они сравнили показания с обычным термометром, затем несколько дней подряд записывали результаты в общую таблицу. Оказалось, что \
ночью прибор показывает значения немного выше, чем днём, хотя температура почти не меняется. Молодая сотрудница предположила, \
что виноват уличный фонарь рядом с датчиком. Фонарь выключили, и ошибка исчезла. После этого начальник отдела распорядился \
добавить в инструкцию ещё одну страницу, на этот раз понятную, с рисунками и простыми примерами для тех, кто приедет следующим летом.";

const UKRAINIAN: &str = "Бібліотека відчинялася о десятій, але перші відвідувачі приходили значно раніше і чекали біля сходів. Хтось \
читав газету, хтось розповідав сусідам новини, а діти годували голубів залишками сніданку. Коли двері нарешті відчинялися, усі \
розходилися по своїх улюблених місцях: студенти до вікон, пенсіонери до журналів, школярі до комп'ютерів. Минулого тижня директорка \
запропонувала залишати читальну залу відкритою до пізнього вечора. Пропозицію підтримали майже всі, крім охоронця, якому довелося б \
повертатися додому останнім автобусом. Зрештою знайшли рішення: громада купила йому велосипед, а сусідня пекарня пообіцяла щовечора \
залишати теплу булочку. Тепер світло у вікнах горить допізна, і місто здається трохи менш самотнім.";

const CHINESE: &str = "去年冬天,我们把仓库里的旧机器全部检查了一遍。有些机器已经用了二十多年,零件很难找到,但是老师傅们总能想出办法让它们继续\
运转。最让人惊讶的是一台小型印刷机,它的外壳已经生锈,里面的齿轮却像新的一样。大家商量以后决定把它修好,放在图书馆的大厅里,让孩子们\
了解文字是怎样印到纸上的。修理工作持续了三个月,其中两个星期都在等待从外地寄来的橡胶滚筒。开幕那天来了很多人,有的带着相机,有的带着自己\
写的诗。印刷机发出轻微的响声,第一张纸慢慢地滑了出来,上面印着城市的名字和日期。一位老先生说,他年轻的时候每天都听着这样的声音入睡,\
现在再次听到,好像回到了从前。后来这台机器每个星期六都会开动,志愿者教孩子们排字、上墨、晾干,每个人都可以把自己的作品带回家。";

const JAPANESE: &str = "駅前の小さな喫茶店は、毎朝七時に店を開けます。店主は六十歳を過ぎていますが、豆を選ぶときの目は若いころと変わりません。\
常連のお客さんは窓側の席に座り、新聞を読みながらゆっくりとコーヒーを飲みます。ある日、大きな荷物を持った学生が入ってきて、ここで一日だけ\
働かせてもらえないかと尋ねました。話を聞くと、旅の途中で財布をなくしてしまい、次の町までの電車代が必要だというのです。店主は少し考えて\
から、皿洗いと掃除を頼むことにしました。学生はとても丁寧に仕事をして、夕方には床も窓もぴかぴかになっていました。それから十年が過ぎ、\
あの学生は隣の町で自分の店を持つようになりました。今でも年に一度、焼きたてのパンを持って喫茶店を訪ねてきます。二人は昔の話をしながら、\
閉店後の静かな店内で新しい豆の味を確かめるのです。";

const KOREAN: &str = "산 아래 작은 마을에는 오래된 시계탑이 하나 있습니다. 시계는 언제나 오 분 늦게 가지만, 마을 사람들은 아무도 그것을 고치려고 하지 \
않았습니다. 학교 종소리도, 버스 시간도 모두 그 시계에 맞추어져 있었기 때문입니다. 어느 봄날 도시에서 온 기술자가 시계를 보고 깜짝 놀라며 무료로 \
수리해 주겠다고 말했습니다. 마을 회의가 열렸고, 사람들은 밤늦게까지 의견을 나누었습니다. 할머니 한 분이 조용히 일어나서, 오 분 늦은 덕분에 기차를 \
놓치지 않은 적이 많았다고 이야기했습니다. 모두 웃음을 터뜨렸고, 결국 시계는 그대로 두기로 결정했습니다. 기술자는 대신 탑의 계단을 고쳐 주고 떠났습니다.";

const ARABIC: &str = "في صباح يوم السبت فتح النجار العجوز باب ورشته كعادته، لكنه وجد على العتبة صندوقا خشبيا صغيرا لم يره من قبل. كان الصندوق \
مغلقا بقفل من النحاس، وعليه نقش يشبه شجرة كثيرة الأغصان. سأل جيرانه جميعا، فلم يعرف أحد منهم صاحب الصندوق ولا من تركه هناك. حاول أن يفتحه بكل \
المفاتيح التي جمعها خلال أربعين عاما، ولم ينجح. وبعد أسبوع جاءت فتاة تحمل مفتاحا صغيرا معلقا في عنقها، وقالت إن جدها أوصاها بأن تسلمه لمن يصلح \
الأبواب القديمة. فتحا الصندوق معا، فوجدا فيه رسوما دقيقة لبيت لم يبن بعد، ورسالة قصيرة تقول إن البيوت الجيدة تبدأ بباب يحسن الاستقبال. ومنذ ذلك اليوم \
صار النجار يعلم الفتاة أسرار المهنة، حتى بنيا معا ذلك البيت على طرف القرية.";

const CHAT: &str = "hey 😀 are we still on for tonight?? 🎉🎉 yesss 🔥 can't wait!! 🥳 bringing the cake 🎂 and drinks 🍹🍹 nice 👍🏽 btw did you \
see this ➡️ https://example.com/v/3f9a?s=12 😂😂😂 omg 💀 ok ok see you @ 19:30 🕢 don't be late ⏰ lol never 😇 luv u ❤️ 👩‍👩‍👧 🇩🇪 ✅ ";

/// A generator of numbers that are as good as random: the test must give the same every time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

fn made() -> Vec<(String, String)> {
    use base64::Engine;
    let mut chance = Chance(7);
    let bytes = chance.bytes(4_000);
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let printable: String = bytes.iter().map(|byte| char::from(32 + byte % 95)).collect();
    let letters: String =
        bytes.iter().map(|byte| if byte.is_multiple_of(6) { ' ' } else { char::from(97 + byte % 26) }).collect();
    let record = |number: u64| {
        serde_json::json!({
            "id": number, "name": format!("user{number}"), "active": number.is_multiple_of(3), "ratio": 1.0 / (number + 1) as f64,
            "tags": ["alpha", "beta"], "address": {"street": "Main Street 5", "city": null},
        })
    };
    let records = serde_json::Value::Array((0..60).map(record).collect());
    let log = (0..60).fold(String::new(), |mut log, line| {
        let _ = writeln!(
            log,
            "2026-11-26T12:{:02}:{:02}.{:03}Z INFO gateway request_id={:016x} status=200 latency_ms={}",
            line,
            chance.next() % 60,
            chance.next() % 1_000,
            chance.next(),
            chance.next() % 900,
        );
        log
    });
    [
        ("German", GERMAN.to_owned()),
        ("French", FRENCH.to_owned()),
        ("Russian", RUSSIAN.to_owned()),
        ("Ukrainian", UKRAINIAN.to_owned()),
        ("Chinese", CHINESE.to_owned()),
        ("Japanese", JAPANESE.to_owned()),
        ("Korean", KOREAN.to_owned()),
        ("Arabic", ARABIC.to_owned()),
        ("chat with emoji", CHAT.repeat(3)),
        ("Base64", base64::engine::general_purpose::STANDARD.encode(&bytes)),
        ("hexadecimal", hex),
        ("random printable", printable),
        ("random letters", letters),
        ("random bytes, Latin-1", bytes.iter().copied().map(char::from).collect()),
        ("random bytes, lossy", String::from_utf8_lossy(&bytes).into_owned()),
        ("JSON", records.to_string()),
        ("JSON, indented", serde_json::to_string_pretty(&records).unwrap()),
        ("log", log),
        ("digits", bytes.iter().map(|byte| char::from(48 + byte % 10)).collect()),
        ("rules of dashes", "--------------------------------------------\n===\n".repeat(100)),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .to_vec()
}

/// The repository's own Markdown, sources, pages and JSON.
fn own() -> Vec<(String, String)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(3).unwrap();
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in [
        root.to_owned(),
        here.join("src"),
        here.join("src/limits"),
        here.join("data"),
        root.join("local-emulator/assets"),
    ] {
        paths.extend(fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())));
    }
    paths.sort();
    let read = |path: PathBuf| {
        let kind = path.extension()?.to_str()?;
        let text =
            ["md", "rs", "html", "json", "js", "css", "toml"].contains(&kind).then(|| fs::read(&path).ok())??;
        let text = String::from_utf8_lossy(&text[..text.len().min(FILE_BYTES_MAX)]).into_owned();
        Some((path.file_name()?.to_str()?.to_owned(), text))
    };
    paths.into_iter().filter_map(read).collect()
}

#[test]
fn it_is_near_and_rather_high() {
    let vocabulary = bpe_openai::o200k_base();
    let mut table = String::new();
    let (mut judged, mut wrong) = (0, 0);
    for (name, text) in made().into_iter().chain(own()) {
        let tokens = vocabulary.count(text.as_str());
        if tokens < TOKENS_MIN {
            continue;
        }
        judged += 1;
        let estimated = estimate(&text);
        let ratio = estimated as f64 / tokens as f64;
        let inside = (0.97..=1.35).contains(&ratio);
        wrong += usize::from(!inside);
        let _ = writeln!(table, "{}{name:28} {tokens:7} {estimated:7} {ratio:.3}", if inside { "  " } else { "! " });
    }
    assert_eq!(wrong, 0, "document, o200k_base, estimate, ratio:\n{table}");
    assert!(judged >= 30, "only {judged} documents were found:\n{table}");
}

#[test]
fn short_texts_are_off_by_little() {
    let vocabulary = bpe_openai::o200k_base();
    for text in [
        "",
        "a",
        "Hello!",
        "Hello, world",
        "What is the capital of France?",
        "x = 5;",
        "\n\n",
        "  ",
        "42",
        "ß",
        "你好",
        "😀",
    ] {
        let (tokens, estimated) = (vocabulary.count(text) as u64, estimate(text));
        assert!(estimated >= tokens && estimated <= tokens + 3, "{text:?}: {tokens}, {estimated}");
    }
}

#[test]
fn it_grows_with_the_text_and_takes_anything() {
    proptest::proptest!(|(text in "\\PC{0,80}", more in "(\\PC|\n|\t| ){0,20}")| {
        let whole = estimate(&format!("{text}\n{more}"));
        proptest::prop_assert!(whole >= estimate(&text) && whole <= estimate(&text) + estimate(&more) + 2);
    });
}
