/** A title that can not come out as it was typed, and why. */
export interface Outcome {
  typed: string | Buffer
  why: string
  /** What Icecast gives; null: nothing; undefined: it refuses, and the one before stays. */
  raw: string | null | undefined
  /** What is shown; as `raw` when absent; null: no track. */
  shown?: string | null
  /** What Icecast gives, and what is shown, without an account: by status-json.xsl. As with one when absent. */
  withoutAccount?: string
}

/** These come out as they were typed, letter by letter. */
export const asTyped: string[] = [
  // Scripts
  'Björk - Hyperballad', 'Édith Piaf - Non, je ne regrette rien', 'Mötley Crüe - Kickstart My Heart', 'Sigur Rós - Ágætis byrjun',
  'Łąki Łan - Jammin', 'Ödön Rácz - Őszi dal', 'Şebnem Ferah - İyi Kötü ığ', 'Čechomor - Proměny', 'Đorđe Balašević - Priča',
  'Кино - Группа крови', 'Океан Ельзи - Обійми', 'Щурци - Клетва', 'Ѓорѓи - Ќе дојдам', 'Μίκης Θεοδωράκης - Ζορμπάς',
  'فيروز - نسم علينا الهوى', 'שלמה ארצי - תתארו לכם', 'محسن یگانه - بهت قول میدم', 'نور جہاں - مجھ سے پہلی سی محبت',
  'लता मंगेशकर - लग जा गले', 'রবীন্দ্রনাথ - আমার সোনার বাংলা', 'இளையராஜா - தென்றல் வந்து', 'ఘంటసాల - కుంతీ కుమారి', 'ಕನ್ನಡ - ಹಾಡು',
  'മലയാളം - പാട്ട്', 'ਗੁਰਦਾਸ ਮਾਨ - ਛੱਲਾ', 'ગુજરાતી - ગરબો', 'සිංහල - ගීතය', 'คาราบาว - เมดอินไทยแลนด์', 'ລາວ - ເພງ', 'မြန်မာ - သီချင်း', 'ខ្មែរ - ចម្រៀង',
  '宇多田ヒカル - First Love', '椎名林檎 - 丸ノ内サディスティック', 'ﾊﾝｶｸ - ｶﾀｶﾅ', '周杰倫 - 青花瓷', '邓丽君 - 月亮代表我的心', '방탄소년단 - 봄날',
  'ჯანსუღ კახიძე - მუსიკა', 'Արամ Խաչատրյան - Սուսերով պար', 'ማህሙድ አህመድ - እሬ መላ', 'ᏣᎳᎩ - ᏗᎧᏃᎩᏍᏗ', 'ᐃᓄᒃᑎᑐᑦ - ᐃᓐᖏᐅᑎ', 'བོད་ཡིག - གླུ', 'Монгол - ᠮᠣᠩᠭᠣᠯ', 'ⵜⴰⵎⴰⵣⵉⵖⵜ - ⵉⵣⵍⵉ',
  '𐌲𐌿𐍄𐌹𐍃𐌺 - 𐍃𐌰𐌲𐌲𐍅𐍃', '𝔉𝔯𝔞𝔨𝔱𝔲𝔯 - 𝒮𝒸𝓇𝒾𝓅𝓉', '𓀀𓁐 - 𓂀', '𠮷野家 - 𩸽',
  // Emoji
  '🎵', '🎵🎶 - 🎸🥁', '👩‍👩‍👧‍👦 - Family', '🏳️‍🌈 - Pride', '🇮🇸 - 🇯🇵', '1️⃣2️⃣3️⃣', '👍🏽👍🏿', '☮️ & ❤️', '❤', '🫠🪩', '©®™', '♪♫♬♭♯',
  // Quotes and the like
  '"Heroes"', "'Heroes'", '“Heroes” ‘Heroes’', '«Héros» „Helden“', '\\', '\\\\', '\\n', '\\u0041', '"', "'", '`', '"\\"', "It's a trap", "Rock 'n' Roll", "''", '""',
  'C:\\Music\\song.mp3', '{"title":"x"}', '[1,2]', '{', '}', '[', ']', ':', ',', '","title":"injected', '"}}', '\\"',
  // Numbers
  '0', '1', '99', '1979', '1999', '007', '00', '0.5', '.5', '5.', '-5', '+5', '-0', '-.5', '-01', '1.10', '3.14', '1e5', '1E5', '1e+5', '1e-5', '1e', '1e999', '0x10', '0b1', '1_000', '1,2', '1 000',
  '12345678901234567890', '0.1234567890123456789', '1/2', '½', '٣', '१२३', '4:33', '24/7', '50%', '№ 5', '#1', '$1', '−1', 'Infinity', '-Infinity', 'NaN', '1.', '1..2', '--1', '1-', '9'.repeat(400),
  // Words
  'true', 'false', 'null', 'Null', 'NULL', 'undefined', 'none', 'None', 'nil', 'yes', 'no', 'on', 'off', 'y', 'source', 'title', 'dummy', 'icestats', '__proto__', 'constructor', 'toString', 'hasOwnProperty',
  // Signs
  '_', '.', '..', '...', '…', '?', '!', '/', '//', '*', '**', '+', '=', '~', '^', '|', '%', '%%', '%20', '%s', '%n', '%d', '$&', '${x', '{{x}}', '<%= x %>', '&', '&&', '<', '>', ';', '@', '#', '()', '(',
  'A -B', 'A- B', 'A-B', 'A - B - C', 'A  -  B', 'a & b', 'AC/DC', 'P!nk', 'Ke$ha', '+/-', '100% - Pure', '?mount=/x', 'a=b&c=d', 'a+b', 'http://example.org/?a=1&b=2#c', '../../etc/passwd',
  // Entities and markup
  '&amp;', '&lt;b&gt;', '&#65;', '&#x41;', '&eacute;', '&nbsp;', '&quot;', '&bogus;', '&amp;amp;', '<b>bold</b>', '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '</title>', '<title>', ']]>', '<![CDATA[x]]>', '<!-- x -->', '<?xml?>', '<!DOCTYPE x>', '</source></icestats>', '&#0;', '&#1;', '&#xFFFE;',
  // Marks, joiners, directions that end where they began
  'Zalgo Z̴̧͎a̸l̵g̶o̷', 'नि‌ष्ठा', 'می‌خواهم', 'שָׁלוֹם', 'اَلْعَرَبِيَّةُ', 'a\u200fb', 'a\u200eb', '\u2067שלום\u2069 - x', '\u202bשלום\u202c', 'x\u00adx', 'x\u200bx', 'x\u2060x', 'x\u034fx',
  'a\u00a0b', 'a\u3000b', 'a\u2009b', 'x\u2028y', 'x\u2029y', 'ﬁn', 'ẞ', 'ǅ', 'İ', '\ufffd', '\u{10ffff}', '\u{e000}',
  // Long
  'x'.repeat(181), 'x'.repeat(200), 'Long '.repeat(90) + 'end', 'ж'.repeat(100), '🎵'.repeat(256),
  // Injections into feeds
  'EVENT /x title injected', 'null null', 'global title x', 'data: x', 'id: 1'
]

/** One reason, and the titles that it is about. */
const because = (why: string, outcomes: Array<[typed: string | Buffer, raw: string | null | undefined, shown?: string | null]>): Outcome[] =>
  outcomes.map(([typed, raw, shown]) => ({ typed, why, raw, ...shown !== undefined && { shown } }))
/** Icecast gives just what was typed. */
const shownAs = (why: string, outcomes: Array<[typed: string, shown: string | null]>): Outcome[] =>
  because(why, outcomes.map(([typed, shown]) => [typed, typed, shown]))

export const otherwise: Outcome[] = [
  ...['True', 'TRUE', 'False', 'FALSE'].map((typed): Outcome => ({
    typed, why: 'status-json.xsl makes a boolean of it, whose letters are small', raw: typed, withoutAccount: typed.toLowerCase()
  })),
  { typed: Buffer.from('x\xc0\xafy', 'latin1'), why: 'an overlong `/`, which XML takes for one; JSON is read as Latin-1 then', raw: 'x/y', withoutAccount: 'xÀ¯y' },
  ...because('half a surrogate pair is not UTF-8, and is read as Latin-1', [[Buffer.from('x\xed\xa0\xbdy', 'latin1'), 'xí\xa0½y']]),
  ...because('a mount of UTF-8 drops what is not UTF-8, and says that all went well', [[Buffer.from('Caf\xe9', 'latin1'), undefined]]),
  ...because('the request may have 4,095 bytes, and a letter takes three for each of its bytes', [['x'.repeat(5000), undefined], ['ж'.repeat(700), undefined]]),
  ...because('a NUL ends it', [['a\0b', 'a'], ['a\0', 'a'], ['\0', null]]),
  ...because('`\';` ends it, as in the StreamTitle=\'…\'; of the stream', [['It\'s a trap\'; x', 'It\'s a trap'], ['\';', null], ['\';StreamUrl=\'', null],
    ['StreamTitle=\'A - B\';', 'StreamTitle=\'A - B', 'A - B']]),
  ...because('Icecast takes white space alone for nothing', [['', null], [' ', null], ['\t', null], ['\n', null]]),
  ...shownAs('nothing that could be seen', [['\u00a0', null], ['\u3000', null], ['\u200b', null], ['\x07', null]]),
  ...shownAs('white space around it is not shown', [['  lead', 'lead'], ['trail  ', 'trail'], ['1979 ', '1979'], [' 0.5', '0.5'], [' 007', '007']]),
  ...shownAs('a placeholder for a title that the encoder does not know', [...['-', '--', '---', '–', '—', '- ', ' -', 'Unknown', 'untitled'].map((typed): [string, null] => [typed, null])]),
  ...shownAs('an artist or a title that is empty, as encoders send them', [['- 1', '1'], ['- Title', 'Title'], [' - Title', 'Title'], ['Artist -', 'Artist'], ['Artist - ', 'Artist'], [' - ', null]]),
  ...shownAs('white space is one space', [['a\tb', 'a b'], ['a\nb', 'a b'], ['a\r\nb', 'a b'], ['a\rb', 'a b'],
    ['EVENT /fake title x\nEVENT /m0 title forged', 'EVENT /fake title x EVENT /m0 title forged']]),
  ...shownAs('control characters are not shown', [['Bell \x07 rings', 'Bell  rings'], ['\x1b[31mred', '[31mred'], ['a\x7fb', 'ab'], ['\ufeffBOM', 'BOM']]),
  ...shownAs('a direction that is not ended would turn what stands behind the title', [['\u202eabc', 'abc'], ['a\u2066b', 'ab']]),
  ...shownAs('at the most 30 marks on a letter', [[`x${'\u0301'.repeat(100)}`, `x${'\u0301'.repeat(30)}`]]),
  ...shownAs('Unicode NFC', [['e\u0301', 'é'], ['\u212b', 'Å'], ['\u1112\u1161\u11ab', '한']]),
  ...shownAs('UTF-8 that was taken for Latin-1, or so it looks', [['Ã©', 'é'], ['Ð\u009fÑ\u0080Ð¸Ð²ÐµÑ\u0082', 'Привет']]),
  ...shownAs('a reference that Icecast writes for letters which a mount of Latin-1 can not hold, or so it looks', [['&#1055;', 'П'], ['&#8364; 5', '€ 5']]),
  ...shownAs('what Windows-1252 has there', [['it\u0092s', 'it’s']]),
  ...shownAs('left-overs of players and automations', [['StreamTitle=\'A - B\'', 'A - B'], ['A~B~~~~~2020-08-13T10:00', 'A - B'],
    ['title="B",artist="A",url="x"', 'A - B'], ['A - text="B" song_spot="M"', 'A - B']])
]
