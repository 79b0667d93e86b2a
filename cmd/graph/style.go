package graph

// style colours the picture, for light and dark pages.
const style = `
svg{--page:#f6f7f9;--card:#fff;--edge:#d5dae1;--box:#f4f6f8;--ink:#1b2430;--soft:#5b6675;--line:#7b8794;--tap:#e6ebf2;
--says:#2f6fde;--asks:#15803d;--decides:#7c3aed;--keeps:#64748b;--waits:#b45309;--consents:#c02672;--moves:#334155;--notice:#fdf2f8;--topic:#fce7f3}
@media (prefers-color-scheme:dark){svg{--page:#12161c;--card:#1b2129;--edge:#333d4a;--box:#242c36;--ink:#e7ecf2;--soft:#9aa7b6;--line:#8593a3;--tap:#323d4b;
--says:#7aa7ff;--asks:#5fd38a;--decides:#b79bff;--keeps:#9fb0c4;--waits:#f0b259;--consents:#f58ac0;--moves:#c3cfdd;--notice:#2b1e28;--topic:#3a2433}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-size:12px;fill:var(--ink)}
.page{fill:var(--page)}
.heading{font-size:22px;font-weight:600}
.muted{fill:var(--soft);font-size:11px;font-weight:400}
.card{fill:var(--card);stroke:var(--edge)}
.card.notice{fill:var(--notice);stroke:var(--consents)}
.card.topic{fill:var(--topic);stroke:var(--consents)}
.card.profile,.card.builtin{stroke-dasharray:4 3}
.name{font-size:15px;font-weight:600}
rect.badge{fill:none;stroke:var(--soft)}
text.badge{font-size:10px;fill:var(--soft)}
rect.badge.notice,rect.badge.topic{stroke:var(--consents)}
text.badge.notice,text.badge.topic{fill:var(--consents)}
.mark{font-size:11px}
.key{fill:var(--soft);font-weight:600}
.box{fill:var(--box)}
.detail{font-size:11px;fill:var(--soft)}
.branch{font-size:11px;font-weight:600;fill:var(--soft)}
.branch.option{font-weight:400;fill:var(--ink)}
.rail{stroke:var(--edge);stroke-width:1.5;fill:none}
rect.tap{fill:var(--tap)}
text.tap{font-size:11px}
text.verb{font-size:11px;font-weight:600}
rect.verb.says{fill:var(--says)}text.verb.says{fill:var(--says)}
rect.verb.asks{fill:var(--asks)}text.verb.asks{fill:var(--asks)}
rect.verb.decides{fill:var(--decides)}text.verb.decides{fill:var(--decides)}
rect.verb.keeps{fill:var(--keeps)}text.verb.keeps{fill:var(--keeps)}
rect.verb.waits{fill:var(--waits)}text.verb.waits{fill:var(--waits)}
rect.verb.consents{fill:var(--consents)}text.verb.consents{fill:var(--consents)}
rect.verb.moves{fill:var(--moves)}text.verb.moves{fill:var(--moves)}
.link{fill:none;stroke:var(--line);stroke-width:1.4}
.link:hover{stroke-width:3}
.link.run{stroke-dasharray:7 3}
.link.consent{stroke:var(--consents);stroke-dasharray:2 4;stroke-linecap:round}
.link.end{stroke-dasharray:none}
.tip{fill:var(--line)}
.tip.consent{fill:var(--consents)}
`
