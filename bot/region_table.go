package bot

// regionTable names the region of every zone that stands for a place, old names
// included: a line is a region and zones, each with a blank before and behind it.
//
// It is made from the zone database's zone.tab and its links (public domain). The
// EU row holds the Union with its outermost regions, and Iceland, Liechtenstein
// and Norway; the UK row also Man and the Channel Islands; the US and AU rows
// their territories.
const regionTable = `
EU: Africa/Ceuta America/Cayenne America/Guadeloupe America/Marigot America/Martinique Arctic/Longyearbyen 
EU: Asia/Famagusta Asia/Nicosia Atlantic/Azores Atlantic/Canary Atlantic/Jan_Mayen Atlantic/Madeira 
EU: Atlantic/Reykjavik Eire Europe/Amsterdam Europe/Athens Europe/Berlin Europe/Bratislava Europe/Brussels 
EU: Europe/Bucharest Europe/Budapest Europe/Busingen Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Lisbon 
EU: Europe/Ljubljana Europe/Luxembourg Europe/Madrid Europe/Malta Europe/Mariehamn Europe/Nicosia Europe/Oslo 
EU: Europe/Paris Europe/Prague Europe/Riga Europe/Rome Europe/Sofia Europe/Stockholm Europe/Tallinn Europe/Vaduz 
EU: Europe/Vienna Europe/Vilnius Europe/Warsaw Europe/Zagreb Iceland Indian/Mayotte Indian/Reunion Poland Portugal 
UK: Europe/Belfast Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/London GB GB-Eire 
JP: Asia/Tokyo Japan 
KR: Asia/Seoul ROK 
AU: Antarctica/Macquarie Australia/ACT Australia/Adelaide Australia/Brisbane Australia/Broken_Hill Australia/Canberra 
AU: Australia/Currie Australia/Darwin Australia/Eucla Australia/Hobart Australia/LHI Australia/Lindeman 
AU: Australia/Lord_Howe Australia/Melbourne Australia/NSW Australia/North Australia/Perth Australia/Queensland 
AU: Australia/South Australia/Sydney Australia/Tasmania Australia/Victoria Australia/West Australia/Yancowinna 
AU: Indian/Christmas Indian/Cocos Pacific/Norfolk 
US: America/Adak America/Anchorage America/Atka America/Boise America/Chicago America/Denver America/Detroit 
US: America/Fort_Wayne America/Indiana/Indianapolis America/Indiana/Knox America/Indiana/Marengo 
US: America/Indiana/Petersburg America/Indiana/Tell_City America/Indiana/Vevay America/Indiana/Vincennes 
US: America/Indiana/Winamac America/Indianapolis America/Juneau America/Kentucky/Louisville 
US: America/Kentucky/Monticello America/Knox_IN America/Los_Angeles America/Louisville America/Menominee 
US: America/Metlakatla America/New_York America/Nome America/North_Dakota/Beulah America/North_Dakota/Center 
US: America/North_Dakota/New_Salem America/Phoenix America/Puerto_Rico America/Shiprock America/Sitka 
US: America/St_Thomas America/Virgin America/Yakutat Navajo Pacific/Guam Pacific/Honolulu Pacific/Johnston 
US: Pacific/Midway Pacific/Pago_Pago Pacific/Saipan Pacific/Samoa Pacific/Wake US/Alaska US/Aleutian US/Arizona 
US: US/Central US/East-Indiana US/Eastern US/Hawaii US/Indiana-Starke US/Michigan US/Mountain US/Pacific US/Samoa 
AD: Europe/Andorra 
AE: Asia/Dubai 
AF: Asia/Kabul 
AG: America/Antigua 
AI: America/Anguilla 
AL: Europe/Tirane 
AM: Asia/Yerevan 
AO: Africa/Luanda 
AQ: Antarctica/Casey Antarctica/Davis Antarctica/DumontDUrville Antarctica/Mawson Antarctica/McMurdo 
AQ: Antarctica/Palmer Antarctica/Rothera Antarctica/South_Pole Antarctica/Syowa Antarctica/Troll Antarctica/Vostok 
AR: America/Argentina/Buenos_Aires America/Argentina/Catamarca America/Argentina/ComodRivadavia 
AR: America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/La_Rioja America/Argentina/Mendoza 
AR: America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan America/Argentina/San_Luis 
AR: America/Argentina/Tucuman America/Argentina/Ushuaia America/Buenos_Aires America/Catamarca America/Cordoba 
AR: America/Jujuy America/Mendoza America/Rosario 
AW: America/Aruba 
AZ: Asia/Baku 
BA: Europe/Sarajevo 
BB: America/Barbados 
BD: Asia/Dacca Asia/Dhaka 
BF: Africa/Ouagadougou 
BH: Asia/Bahrain 
BI: Africa/Bujumbura 
BJ: Africa/Porto-Novo 
BL: America/St_Barthelemy 
BM: Atlantic/Bermuda 
BN: Asia/Brunei 
BO: America/La_Paz 
BQ: America/Kralendijk 
BR: America/Araguaina America/Bahia America/Belem America/Boa_Vista America/Campo_Grande America/Cuiaba 
BR: America/Eirunepe America/Fortaleza America/Maceio America/Manaus America/Noronha America/Porto_Acre 
BR: America/Porto_Velho America/Recife America/Rio_Branco America/Santarem America/Sao_Paulo Brazil/Acre 
BR: Brazil/DeNoronha Brazil/East Brazil/West 
BS: America/Nassau 
BT: Asia/Thimbu Asia/Thimphu 
BW: Africa/Gaborone 
BY: Europe/Minsk 
BZ: America/Belize 
CA: America/Atikokan America/Blanc-Sablon America/Cambridge_Bay America/Coral_Harbour America/Creston America/Dawson 
CA: America/Dawson_Creek America/Edmonton America/Fort_Nelson America/Glace_Bay America/Goose_Bay America/Halifax 
CA: America/Inuvik America/Iqaluit America/Moncton America/Montreal America/Nipigon America/Pangnirtung 
CA: America/Rainy_River America/Rankin_Inlet America/Regina America/Resolute America/St_Johns America/Swift_Current 
CA: America/Thunder_Bay America/Toronto America/Vancouver America/Whitehorse America/Winnipeg America/Yellowknife 
CA: Canada/Atlantic Canada/Central Canada/Eastern Canada/Mountain Canada/Newfoundland Canada/Pacific 
CA: Canada/Saskatchewan Canada/Yukon 
CD: Africa/Kinshasa Africa/Lubumbashi 
CF: Africa/Bangui 
CG: Africa/Brazzaville 
CH: Europe/Zurich 
CI: Africa/Abidjan 
CK: Pacific/Rarotonga 
CL: America/Coyhaique America/Punta_Arenas America/Santiago Chile/Continental Chile/EasterIsland Pacific/Easter 
CM: Africa/Douala 
CN: Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Kashgar Asia/Shanghai Asia/Urumqi PRC 
CO: America/Bogota 
CR: America/Costa_Rica 
CU: America/Havana Cuba 
CV: Atlantic/Cape_Verde 
CW: America/Curacao 
DJ: Africa/Djibouti 
DM: America/Dominica 
DO: America/Santo_Domingo 
DZ: Africa/Algiers 
EC: America/Guayaquil Pacific/Galapagos 
EG: Africa/Cairo Egypt 
EH: Africa/El_Aaiun 
ER: Africa/Asmara Africa/Asmera 
ET: Africa/Addis_Ababa 
FJ: Pacific/Fiji 
FK: Atlantic/Stanley 
FM: Pacific/Chuuk Pacific/Kosrae Pacific/Pohnpei Pacific/Ponape Pacific/Truk Pacific/Yap 
FO: Atlantic/Faeroe Atlantic/Faroe 
GA: Africa/Libreville 
GD: America/Grenada 
GE: Asia/Tbilisi 
GH: Africa/Accra 
GI: Europe/Gibraltar 
GL: America/Danmarkshavn America/Godthab America/Nuuk America/Scoresbysund America/Thule 
GM: Africa/Banjul 
GN: Africa/Conakry 
GQ: Africa/Malabo 
GS: Atlantic/South_Georgia 
GT: America/Guatemala 
GW: Africa/Bissau 
GY: America/Guyana 
HK: Asia/Hong_Kong Hongkong 
HN: America/Tegucigalpa 
HT: America/Port-au-Prince 
ID: Asia/Jakarta Asia/Jayapura Asia/Makassar Asia/Pontianak Asia/Ujung_Pandang 
IL: Asia/Jerusalem Asia/Tel_Aviv Israel 
IN: Asia/Calcutta Asia/Kolkata 
IO: Indian/Chagos 
IQ: Asia/Baghdad 
IR: Asia/Tehran Iran 
JM: America/Jamaica Jamaica 
JO: Asia/Amman 
KE: Africa/Nairobi 
KG: Asia/Bishkek 
KH: Asia/Phnom_Penh 
KI: Pacific/Enderbury Pacific/Kanton Pacific/Kiritimati Pacific/Tarawa 
KM: Indian/Comoro 
KN: America/St_Kitts 
KP: Asia/Pyongyang 
KW: Asia/Kuwait 
KY: America/Cayman 
KZ: Asia/Almaty Asia/Aqtau Asia/Aqtobe Asia/Atyrau Asia/Oral Asia/Qostanay Asia/Qyzylorda 
LA: Asia/Vientiane 
LB: Asia/Beirut 
LC: America/St_Lucia 
LK: Asia/Colombo 
LR: Africa/Monrovia 
LS: Africa/Maseru 
LY: Africa/Tripoli Libya 
MA: Africa/Casablanca 
MC: Europe/Monaco 
MD: Europe/Chisinau Europe/Tiraspol 
ME: Europe/Podgorica 
MG: Indian/Antananarivo 
MH: Kwajalein Pacific/Kwajalein Pacific/Majuro 
MK: Europe/Skopje 
ML: Africa/Bamako Africa/Timbuktu 
MM: Asia/Rangoon Asia/Yangon 
MN: Asia/Choibalsan Asia/Hovd Asia/Ulaanbaatar Asia/Ulan_Bator 
MO: Asia/Macao Asia/Macau 
MR: Africa/Nouakchott 
MS: America/Montserrat 
MU: Indian/Mauritius 
MV: Indian/Maldives 
MW: Africa/Blantyre 
MX: America/Bahia_Banderas America/Cancun America/Chihuahua America/Ciudad_Juarez America/Ensenada America/Hermosillo 
MX: America/Matamoros America/Mazatlan America/Merida America/Mexico_City America/Monterrey America/Ojinaga 
MX: America/Santa_Isabel America/Tijuana Mexico/BajaNorte Mexico/BajaSur Mexico/General 
MY: Asia/Kuala_Lumpur Asia/Kuching 
MZ: Africa/Maputo 
NA: Africa/Windhoek 
NC: Pacific/Noumea 
NE: Africa/Niamey 
NG: Africa/Lagos 
NI: America/Managua 
NP: Asia/Kathmandu Asia/Katmandu 
NR: Pacific/Nauru 
NU: Pacific/Niue 
NZ: NZ NZ-CHAT Pacific/Auckland Pacific/Chatham 
OM: Asia/Muscat 
PA: America/Panama 
PE: America/Lima 
PF: Pacific/Gambier Pacific/Marquesas Pacific/Tahiti 
PG: Pacific/Bougainville Pacific/Port_Moresby 
PH: Asia/Manila 
PK: Asia/Karachi 
PM: America/Miquelon 
PN: Pacific/Pitcairn 
PS: Asia/Gaza Asia/Hebron 
PW: Pacific/Palau 
PY: America/Asuncion 
QA: Asia/Qatar 
RS: Europe/Belgrade 
RU: Asia/Anadyr Asia/Barnaul Asia/Chita Asia/Irkutsk Asia/Kamchatka Asia/Khandyga Asia/Krasnoyarsk Asia/Magadan 
RU: Asia/Novokuznetsk Asia/Novosibirsk Asia/Omsk Asia/Sakhalin Asia/Srednekolymsk Asia/Tomsk Asia/Ust-Nera 
RU: Asia/Vladivostok Asia/Yakutsk Asia/Yekaterinburg Europe/Astrakhan Europe/Kaliningrad Europe/Kirov Europe/Moscow 
RU: Europe/Samara Europe/Saratov Europe/Ulyanovsk Europe/Volgograd W-SU 
RW: Africa/Kigali 
SA: Asia/Riyadh 
SB: Pacific/Guadalcanal 
SC: Indian/Mahe 
SD: Africa/Khartoum 
SG: Asia/Singapore Singapore 
SH: Atlantic/St_Helena 
SL: Africa/Freetown 
SM: Europe/San_Marino 
SN: Africa/Dakar 
SO: Africa/Mogadishu 
SR: America/Paramaribo 
SS: Africa/Juba 
ST: Africa/Sao_Tome 
SV: America/El_Salvador 
SX: America/Lower_Princes 
SY: Asia/Damascus 
SZ: Africa/Mbabane 
TC: America/Grand_Turk 
TD: Africa/Ndjamena 
TF: Indian/Kerguelen 
TG: Africa/Lome 
TH: Asia/Bangkok 
TJ: Asia/Dushanbe 
TK: Pacific/Fakaofo 
TL: Asia/Dili 
TM: Asia/Ashgabat Asia/Ashkhabad 
TN: Africa/Tunis 
TO: Pacific/Tongatapu 
TR: Asia/Istanbul Europe/Istanbul Turkey 
TT: America/Port_of_Spain 
TV: Pacific/Funafuti 
TW: Asia/Taipei ROC 
TZ: Africa/Dar_es_Salaam 
UA: Europe/Kiev Europe/Kyiv Europe/Simferopol Europe/Uzhgorod Europe/Zaporozhye 
UG: Africa/Kampala 
UY: America/Montevideo 
UZ: Asia/Samarkand Asia/Tashkent 
VA: Europe/Vatican 
VC: America/St_Vincent 
VE: America/Caracas 
VG: America/Tortola 
VN: Asia/Ho_Chi_Minh Asia/Saigon 
VU: Pacific/Efate 
WF: Pacific/Wallis 
WS: Pacific/Apia 
YE: Asia/Aden 
ZA: Africa/Johannesburg 
ZM: Africa/Lusaka 
ZW: Africa/Harare 
`
