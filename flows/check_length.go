package flows

// longer is the length of the longest value of either type, 0 if nobody knows.
func longer(t, u typ) int {
	if t.most == 0 || u.most == 0 {
		return 0
	}
	return max(t.most, u.most)
}

// atMostRunes reports a text, or a translation of it, that the platform would refuse,
// and one that would be cut with the longest values its {{ }} may have. What nobody
// knows the length of, like a first name, is not counted.
func (c *checker) atMostRunes(t *template, most int, what string) {
	c.runesAtMost(t, most, what, "is cut")
}

// saidRunes is atMostRunes for what is said or asked: that is split where it can be.
func (c *checker) saidRunes(t *template, most int, what string) {
	c.runesAtMost(t, most, what, "goes as several messages, or is cut in a notification")
}

func (c *checker) runesAtMost(t *template, most int, what, otherwise string) {
	if t == nil {
		return
	}
	for _, one := range append(c.translations(t), t) {
		if n := one.shortest(runes); n > most {
			c.errorf("too-long", one.span, "shorten it by "+itoa(n-most), "%s may have %d characters, this has %d", what, most, n)
			continue
		}
		n, widest := one.longest()
		if n > most {
			hint := "shorten the text around it by " + itoa(n-most)
			if widest.is.most > n-most {
				hint += ", or let " + widest.source + " be shorter"
			}
			c.warnf("too-long-filled", one.span, hint, "%s may have %d characters; with the longest %s this has %d, and %s", what, most, widest.source, n, otherwise)
		}
	}
}

// longest is the length of what a template makes with the longest values that are
// known, and which of its expressions makes the most of it.
func (t *template) longest() (n int, widest *expression) {
	for _, p := range t.parts {
		if p.x == nil {
			n += runes(p.text)
			continue
		}
		n += p.x.is.most
		if widest == nil || p.x.is.most > widest.is.most {
			widest = p.x
		}
	}
	if widest == nil || widest.is.most == 0 {
		return 0, nil
	}
	return n, widest
}
