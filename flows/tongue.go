package flows

import (
	"slices"
	"strings"
)

// tongue is what people of a language answer with, folded. Names of months and
// days stand in customs.
type tongue struct {
	tag     string
	yes, no []string
	and     []string
	days    map[string]int // from today
	in      []string       // in front of a length of time
	next    []string       // with a day of the week: the coming one
	this    []string
	fillers []string // words that mean nothing in a date
	counts  []string // one, two, … and, from the eleventh on, other words for one
	first   []string // the first of a month
	units   [3][]string
	short   [7]string // days of the week, shorter than three letters

	noon, midnight []string
	at             []string // in front of a time
	hours          []string // behind its hour
	parts          map[string]dayPart
	halves         map[string]int // minutes behind an hour in words

	numerals numerals
}

// dayPart says which twelve hours a time is meant in.
type dayPart byte

const (
	morning dayPart = iota + 1
	afternoon
	night // from evening to early morning
)

// words are phrases with commas between.
func words(s string) []string {
	out := strings.Split(s, ",")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// tongues are those of the languages the framework's texts are shipped in.
var tongues = map[string]*tongue{
	"en": {
		tag: "en",
		yes: words("yes, y, yeah, yep, yup, ok, okay, sure, true, of course, yes please, please, yes thanks, sure thing, absolutely, right"),
		no:  words("no, n, nope, nah, false, no thanks, no thank you, not now, never"),
		and: words("and, &"), in: words("in"), next: words("next"), this: words("this"), fillers: words("the, of, on, day"),
		days:   map[string]int{"today": 0, "tonight": 0, "tomorrow": 1, "tmrw": 1, "tomorow": 1, "the day after tomorrow": 2, "day after tomorrow": 2, "yesterday": -1, "the day before yesterday": -2, "day before yesterday": -2},
		counts: words("one, two, three, four, five, six, seven, eight, nine, ten, a, an"), first: words("first"),
		units: [3][]string{words("day, days"), words("week, weeks"), words("month, months")},
		noon:  words("noon, midday"), midnight: words("midnight"), at: words("at"), hours: words("oclock, h"),
		parts: map[string]dayPart{"am": morning, "a m": morning, "in the morning": morning, "pm": afternoon, "p m": afternoon, "in the afternoon": afternoon, "in the evening": afternoon, "at night": night},
		numerals: numerals{
			low:  words("zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen, fifteen, sixteen, seventeen, eighteen, nineteen"),
			tens: words("twenty, thirty, forty|fourty, fifty, sixty, seventy, eighty, ninety|ninty, hundred|onehundred|ahundred"),
			and:  "and",
		},
	},
	"fr": {
		tag: "fr",
		yes: words("oui, o, ouais, ouaip, si, ok, d accord, daccord, dac, bien sur, oui merci, oui svp, oui s il te plait, oui sil te plait, oui s il vous plait, oui sil vous plait, volontiers, avec plaisir, bien entendu, evidemment, carrement, vrai"),
		no:  words("non, nan, non merci, pas du tout, faux, jamais, non pas maintenant"),
		and: words("et"), in: words("dans, d ici, dici"), next: words("prochain, prochaine"), this: words("ce, cette"), fillers: words("le, la, l, du, de, au, jour"),
		days:   map[string]int{"aujourdhui": 0, "aujourd hui": 0, "auj": 0, "ajd": 0, "ce soir": 0, "demain": 1, "apres demain": 2, "hier": -1, "avant hier": -2},
		counts: words("un, deux, trois, quatre, cinq, six, sept, huit, neuf, dix, une"), first: words("premier"),
		units: [3][]string{words("jour, jours"), words("semaine, semaines"), words("mois")},
		noon:  words("midi"), midnight: words("minuit"), at: words("a, vers les"), hours: words("h, heure, heures"),
		parts:  map[string]dayPart{"du matin": morning, "le matin": morning, "du mat": morning, "de lapres midi": afternoon, "de l apres midi": afternoon, "lapres midi": afternoon, "du soir": afternoon, "le soir": afternoon, "de la nuit": night},
		halves: map[string]int{"et demie": 30, "et demi": 30, "et quart": 15},
		numerals: numerals{
			low:  words("zero, un|une, deux, trois, quatre, cinq, six, sept, huit, neuf, dix, onze, douze, treize, quatorze, quinze, seize, dixsept, dixhuit, dixneuf"),
			tens: words("vingt|vingts, trente, quarante, cinquante, soixante, septante|soixantedix, quatrevingt|quatrevingts|huitante|octante, nonante|quatrevingtdix, cent"),
			and:  "et", score: true,
		},
	},
	"es": {
		tag: "es",
		yes: words("si, s, claro, claro que si, por supuesto, vale, ok, de acuerdo, si gracias, si por favor, sip, desde luego, verdadero"),
		no:  words("no, no gracias, nunca, falso, para nada, ahora no"),
		and: words("y, e"), in: words("en, dentro de"), next: words("proximo, proxima, que viene"), this: words("este, esta"), fillers: words("el, la, de, del, dia"),
		days:   map[string]int{"hoy": 0, "manana": 1, "pasado manana": 2, "ayer": -1, "anteayer": -2, "antes de ayer": -2},
		counts: words("uno, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, un, una"), first: words("primero"),
		units: [3][]string{words("dia, dias"), words("semana, semanas"), words("mes, meses")},
		noon:  words("mediodia, medio dia"), midnight: words("medianoche, media noche"), at: words("a las, a la, las, la, al, a"), hours: words("h, hora, horas"),
		parts:  map[string]dayPart{"de la manana": morning, "de la tarde": afternoon, "de la noche": night, "de la madrugada": morning},
		halves: map[string]int{"y media": 30, "y cuarto": 15},
		numerals: numerals{
			low:  words("cero, uno|un|una, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce, trece, catorce, quince, dieciseis|diezyseis, diecisiete|diezysiete, dieciocho|diezyocho, diecinueve|diezynueve"),
			tens: words("veinte|veinti, treinta, cuarenta, cincuenta, sesenta, setenta, ochenta, noventa, cien|ciento"),
			and:  "y",
		},
	},
	"de": {
		tag: "de",
		yes: words("ja, j, jo, jep, jawohl, klar, na klar, gerne, gern, ok, okay, ja bitte, ja gerne, ja danke, sicher, naturlich, selbstverstandlich, wahr"),
		no:  words("nein, ne, nee, no, nein danke, danke nein, auf keinen fall, falsch, nie, niemals"),
		and: words("und"), in: words("in"), next: words("nachster, nachsten, nachste, nachstes, kommender, kommenden, kommende"), this: words("dieser, diesen, diese, dieses"), fillers: words("der, den, dem, am, tag"),
		days:   map[string]int{"heute": 0, "heute abend": 0, "morgen": 1, "ubermorgen": 2, "uebermorgen": 2, "gestern": -1, "vorgestern": -2},
		counts: words("eins, zwei, drei, vier, funf, sechs, sieben, acht, neun, zehn, ein, eine, einem, einer"), first: words("erster, ersten"),
		units: [3][]string{words("tag, tage, tagen"), words("woche, wochen"), words("monat, monate, monaten")},
		short: [7]string{"so", "mo", "di", "mi", "do", "fr", "sa"},
		noon:  words("mittag, mittags"), midnight: words("mitternacht, mitternachts"), at: words("um, ab, am, zu"), hours: words("h, uhr"),
		parts: map[string]dayPart{"morgens": morning, "am morgen": morning, "fruh": morning, "vormittags": morning, "nachmittags": afternoon, "am nachmittag": afternoon, "abends": afternoon, "am abend": afternoon, "mittags": afternoon, "nachts": night},
		numerals: numerals{
			low:  words("null, eins|ein|eine|einen, zwei|zwo, drei, vier, funf|fuenf, sechs, sieben, acht, neun, zehn, elf, zwolf|zwoelf, dreizehn, vierzehn, funfzehn|fuenfzehn, sechzehn, siebzehn, achtzehn, neunzehn"),
			tens: words("zwanzig, dreissig, vierzig, funfzig|fuenfzig, sechzig, siebzig, achtzig, neunzig, hundert|einhundert"),
			and:  "und", first: true,
		},
	},
	"pt": {
		tag: "pt",
		yes: words("sim, s, claro, claro que sim, com certeza, ok, pode ser, sim obrigado, sim obrigada, sim por favor, isso, verdadeiro"),
		no:  words("nao, n, nao obrigado, nao obrigada, nunca, falso, agora nao"),
		and: words("e"), in: words("em, daqui a, dentro de"), next: words("proximo, proxima, que vem"), this: words("este, esta, neste, nesta"), fillers: words("o, a, de, do, no, na, dia, feira"),
		days:   map[string]int{"hoje": 0, "amanha": 1, "depois de amanha": 2, "ontem": -1, "anteontem": -2},
		counts: words("um, dois, tres, quatro, cinco, seis, sete, oito, nove, dez, uma, duas"), first: words("primeiro"),
		units: [3][]string{words("dia, dias"), words("semana, semanas"), words("mes, meses")},
		noon:  words("meio dia"), midnight: words("meia noite"), at: words("as, a, ao"), hours: words("h, hora, horas"),
		parts:  map[string]dayPart{"da manha": morning, "da tarde": afternoon, "da noite": night, "da madrugada": morning},
		halves: map[string]int{"e meia": 30},
		numerals: numerals{
			low:  words("zero, um|uma, dois|duas, tres, quatro, cinco, seis, sete, oito, nove, dez, onze, doze, treze, catorze|quatorze, quinze, dezasseis|dezesseis, dezassete|dezessete, dezoito, dezanove|dezenove"),
			tens: words("vinte, trinta, quarenta, cinquenta, sessenta, setenta, oitenta, noventa, cem|cento"),
			and:  "e",
		},
	},
	"it": {
		tag: "it",
		yes: words("si, s, certo, certamente, ok, va bene, daccordo, d accordo, si grazie, si per favore, volentieri, come no, vero"),
		no:  words("no, no grazie, mai, falso, per niente, non ora"),
		and: words("e, ed"), in: words("tra, fra, in"), next: words("prossimo, prossima"), this: words("questo, questa"), fillers: words("il, lo, la, l, di, del, giorno"),
		days:   map[string]int{"oggi": 0, "domani": 1, "dopodomani": 2, "dopo domani": 2, "ieri": -1, "laltro ieri": -2, "l altro ieri": -2, "altro ieri": -2},
		counts: words("uno, due, tre, quattro, cinque, sei, sette, otto, nove, dieci, un, una"), first: words("primo"),
		units: [3][]string{words("giorno, giorni"), words("settimana, settimane"), words("mese, mesi")},
		noon:  words("mezzogiorno"), midnight: words("mezzanotte"), at: words("alle ore, alle, allle, ore, all, a"), hours: words("h, ore"),
		parts:  map[string]dayPart{"di mattina": morning, "del mattino": morning, "di pomeriggio": afternoon, "del pomeriggio": afternoon, "di sera": afternoon, "della sera": afternoon, "di notte": night},
		halves: map[string]int{"e mezza": 30, "e mezzo": 30, "e un quarto": 15},
		numerals: numerals{
			low:    words("zero, uno|un|una, due, tre, quattro, cinque, sei, sette, otto, nove, dieci, undici, dodici, tredici, quattordici, quindici, sedici, diciassette, diciotto, diciannove"),
			tens:   words("venti, trenta, quaranta, cinquanta, sessanta, settanta, ottanta, novanta, cento"),
			elided: true,
		},
	},
}

// tonguesOf are those of some languages, each once, in order.
func tonguesOf(tags []string) []*tongue {
	var out []*tongue
	for _, tag := range tags {
		if v := tongues[base(tag)]; v != nil && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// spoken are the words of one kind in some languages.
func spoken(tags []string, of func(*tongue) []string) []string {
	var out []string
	for _, v := range tonguesOf(tags) {
		out = append(out, of(v)...)
	}
	return out
}

// count is the number a word stands for, from 1 to 10; 0 if it is none.
func (v *tongue) count(word string) int {
	switch i := slices.Index(v.counts, word); {
	case i == 11 && word == "duas":
		return 2
	case i >= 10:
		return 1
	default:
		return i + 1
	}
}
