package flows

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// zoneShape is a zone as the zone database writes it.
var zoneShape = lazily(`^(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z_/-]{3,40}$`)

// zoneAreas are the areas that places of the zone database stand in.
var zoneAreas = [...]string{
	"Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian", "America/Argentina", "America/Indiana", "America/Kentucky",
}

// placeLinks are words in front of a place that say nothing.
var placeLinks = strings.Fields("a ad at in en em near bei pres cerca de vicino perto")

// typedZone finds the time zone of a place that a person wrote: "Paris", "new york",
// "São Paulo, Brasil", "Europe/Paris". ok is false for what is no place we know, as
// "UTC+2": it does not say when the clocks change.
func typedZone(text string) (zone string, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) > 80 {
		return "", false
	}
	if zoneShape().MatchString(text) {
		_, err := loadZone(text)
		return text, err == nil
	}
	city, _, _ := strings.Cut(text, ",")
	words := strings.Fields(fold(city))
	for len(words) > 1 && slices.Contains(placeLinks, words[0]) {
		words = words[1:]
	}
	if len(words) == 0 || len(words) > 5 {
		return "", false
	}
	name := "|" + strings.Join(words, " ") + "|"
	for _, z := range zonePlaces {
		if strings.Contains("|"+z.places+"|", name) {
			return z.zone, true
		}
	}
	for _, area := range zoneAreas {
		zone = area + "/" + zoneCase(words)
		if _, err := loadZone(zone); err == nil {
			return zone, true
		}
	}
	return "", false
}

// zoneHint says what to write where a text is no time zone.
func zoneHint(text string) string {
	if zone, ok := typedZone(text); ok {
		return `did you mean "` + zone + `"?`
	}
	return "write the name of a zone, as in Europe/Paris or America/New_York"
}

// zoneCase writes folded words as the zone database does: New_York, Port_of_Spain.
func zoneCase(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		if out[i] = w; i > 0 && (w == "of" || w == "es") {
			continue
		}
		first, size := utf8.DecodeRuneInString(w)
		out[i] = string(unicode.ToUpper(first)) + w[size:]
	}
	return strings.Join(out, "_")
}

// zonePlaces are names the zone database does not have, folded: large cities, cities in
// other languages, and countries with one time.
var zonePlaces = [...]struct{ zone, places string }{
	{"Europe/Paris", "france|frankreich|francia|franca|lyon|marseille|toulouse|nice|nantes|montpellier|strasbourg|bordeaux|lille|rennes|reims|saint etienne|toulon|grenoble|dijon|angers|nimes|brest|parigi|le havre|metz|nancy|tours|rouen|caen|orleans"},
	{"Europe/London", "uk|united kingdom|great britain|england|scotland|wales|angleterre|royaume uni|londres|londra|manchester|birmingham|liverpool|leeds|glasgow|edinburgh|edimbourg|bristol|cardiff|belfast|sheffield"},
	{"Europe/Dublin", "ireland|irlande|irland|irlanda|cork|galway"},
	{"Europe/Berlin", "deutschland|germany|allemagne|alemania|germania|alemanha|munchen|muenchen|munich|monaco di baviera|hamburg|koln|koeln|cologne|frankfurt|frankfurt am main|francfort|stuttgart|dusseldorf|duesseldorf|leipzig|dortmund|essen|bremen|dresden|hannover|nurnberg|nuernberg|berlino|berlim"},
	{"Europe/Madrid", "espana|spain|espagne|spanien|spagna|espanha|barcelona|barcelone|barcellona|valencia|sevilla|seville|siviglia|zaragoza|malaga|bilbao|murcia|granada"},
	{"Atlantic/Canary", "canarias|islas canarias|canary islands|canaries|las palmas|tenerife"},
	{"Europe/Lisbon", "portugal|portogallo|lisboa|lisbonne|lissabon|lisbona|porto|oporto|braga|coimbra|faro"},
	{"Europe/Rome", "italia|italy|italie|italien|roma|rom|milano|milan|mailand|milao|napoli|naples|torino|turin|palermo|genova|bologna|firenze|florence|florenz|venezia|venise|venice|venedig|bari|catania|verona"},
	{"Europe/Zurich", "zurigo|zuerich|suisse|schweiz|svizzera|switzerland|suiza|suica|geneve|geneva|genf|ginevra|ginebra|lausanne|bern|berne|basel|bale|lugano"},
	{"Europe/Vienna", "osterreich|oesterreich|austria|autriche|wien|vienne|viena|graz|linz|salzburg|innsbruck"},
	{"Europe/Brussels", "belgique|belgie|belgium|belgien|belgica|belgio|bruxelles|brussel|bruselas|bruxelas|antwerpen|anvers|antwerp|gent|gand|liege|namur|charleroi"},
	{"Europe/Amsterdam", "nederland|netherlands|pays bas|niederlande|paises bajos|paesi bassi|holland|hollande|rotterdam|den haag|la haye|the hague|utrecht|eindhoven"},
	{"Europe/Copenhagen", "danmark|denmark|danemark|danimarca|dinamarca|kobenhavn|copenhague|kopenhagen|copenaghen|aarhus"},
	{"Europe/Stockholm", "sverige|sweden|suede|schweden|suecia|svezia|goteborg|malmo|estocolmo|stoccolma"},
	{"Europe/Oslo", "norge|norway|norvege|norwegen|noruega|norvegia|bergen"},
	{"Europe/Helsinki", "suomi|finland|finlande|finnland|finlandia|tampere"},
	{"Europe/Warsaw", "polska|poland|pologne|polen|polonia|warszawa|varsovie|warschau|varsovia|varsavia|krakow|cracovie|wroclaw|gdansk|poznan|lodz"},
	{"Europe/Prague", "praha|prag|praga|brno"},
	{"Europe/Bucharest", "romania|roumanie|rumanien|bucuresti|bucarest|bukarest|cluj"},
	{"Europe/Athens", "greece|grece|griechenland|grecia|athenes|athen|atenas|atene|thessaloniki"},
	{"Europe/Istanbul", "turkiye|turkey|turquie|turkei|turquia|turchia|ankara|izmir"},
	{"Europe/Kyiv", "ukraine|ucrania|ucraina|kiev|kiew|lviv|odessa"},
	{"Europe/Moscow", "moscou|moskau|moscu|mosca|saint petersburg|saint petersbourg"},
	{"Europe/Luxembourg", "luxemburg|luxemburgo|lussemburgo"},
	{"America/New_York", "nueva york|nova york|nova iorque|nyc|washington|washington dc|boston|philadelphia|philadelphie|miami|atlanta|charlotte|orlando|tampa|baltimore|pittsburgh|cleveland"},
	{"America/Chicago", "houston|dallas|austin|san antonio|new orleans|nashville|memphis|minneapolis|milwaukee|kansas city|saint louis|st louis"},
	{"America/Denver", "salt lake city|albuquerque|colorado springs"},
	{"America/Los_Angeles", "la|san francisco|san diego|seattle|portland|las vegas|sacramento|san jose|oakland"},
	{"America/Toronto", "montreal|quebec|ottawa|gatineau|laval|hamilton|mississauga"},
	{"America/Edmonton", "calgary"},
	{"America/Mexico_City", "mexico|ciudad de mexico|cdmx|guadalajara|puebla|citta del messico"},
	{"America/Sao_Paulo", "rio|rio de janeiro|brasilia|belo horizonte|curitiba|porto alegre|campinas|florianopolis|salvador|goiania|vitoria"},
	{"America/Argentina/Buenos_Aires", "buenos aires|argentina|argentine|argentinien|rosario"},
	{"America/Santiago", "chile|santiago de chile"},
	{"America/Bogota", "colombia|colombie|kolumbien|medellin|cali|barranquilla"},
	{"America/Lima", "peru|perou|arequipa"},
	{"America/Caracas", "venezuela|maracaibo"},
	{"America/Montevideo", "uruguay"},
	{"America/Guayaquil", "quito"},
	{"America/Port-au-Prince", "haiti|port au prince"},
	{"Africa/Casablanca", "maroc|morocco|marruecos|marokko|marocco|marrocos|rabat|marrakech|fes|tanger|agadir"},
	{"Africa/Algiers", "algerie|algeria|algerien|argelia|alger|argel|algeri|oran|constantine"},
	{"Africa/Tunis", "tunisie|tunisia|tunesien|tunez|tunisi|sfax"},
	{"Africa/Cairo", "egypt|egypte|agypten|egipto|egitto|le caire|kairo|el cairo|il cairo|alexandria|alexandrie"},
	{"Africa/Dakar", "senegal"},
	{"Africa/Abidjan", "cote divoire|ivory coast|yamoussoukro"},
	{"Africa/Porto-Novo", "benin|cotonou|porto novo"},
	{"Africa/Lagos", "nigeria|abuja"},
	{"Africa/Johannesburg", "south africa|afrique du sud|sudafrika|cape town|le cap|kapstadt|durban|pretoria"},
	{"Africa/Douala", "cameroun|cameroon|yaounde"},
	{"Indian/Reunion", "la reunion|saint denis"},
	{"America/Martinique", "fort de france"},
	{"Asia/Jerusalem", "israel|tel aviv|haifa"},
	{"Asia/Dubai", "abu dhabi|dubai uae"},
	{"Asia/Kolkata", "india|inde|indien|mumbai|bombay|delhi|new delhi|bangalore|bengaluru|chennai|hyderabad|pune"},
	{"Asia/Shanghai", "china|chine|cina|beijing|pekin|peking|pechino|pequim|guangzhou|shenzhen|wuhan|chengdu"},
	{"Asia/Hong_Kong", "hongkong"},
	{"Asia/Singapore", "singapour|singapur|singapura"},
	{"Asia/Tokyo", "japan|japon|giappone|japao|tokio|toquio|osaka|kyoto|nagoya|sapporo|yokohama"},
	{"Asia/Seoul", "korea|coree|south korea|busan|seul"},
	{"Asia/Ho_Chi_Minh", "vietnam|saigon|hanoi|ho chi minh city"},
	{"Asia/Manila", "philippines|filipinas|manille|cebu"},
	{"Asia/Bangkok", "thailand|thailande|tailandia|chiang mai"},
	{"Pacific/Auckland", "new zealand|nouvelle zelande|neuseeland|wellington|christchurch"},
	{"Australia/Sydney", "canberra|newcastle"},
}
