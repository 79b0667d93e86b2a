package flows

// session reads a stored session. The keys are those appendJSON writes; any other, and a
// thread without a flow, were never stored.
func (r *reader) session() (s Session) {
	r.object(func(key string) {
		switch key {
		case "s":
			s.stack = r.threads()
		case "b":
			s.beside = r.threads()
		default:
			r.fail()
		}
	})
	return s
}

func (r *reader) threads() (out []thread) {
	r.list(func() {
		out = append(out, thread{})
		if r.thread(&out[len(out)-1]); len(out[len(out)-1].Frames) == 0 {
			r.fail()
		}
	})
	return out
}

func (r *reader) thread(t *thread) {
	r.object(func(key string) {
		switch key {
		case "f":
			t.Frames = r.frames()
		case "w":
			t.Wait = r.wait()
		case "c":
			t.Cause = r.cause()
		case "p":
			t.Program = r.string()
		case "h":
			t.Calls = int(r.integer())
		default:
			r.fail()
		}
	})
}

func (r *reader) frames() (out []frame) {
	r.list(func() {
		out = append(out, frame{})
		f := &out[len(out)-1]
		r.object(func(key string) {
			switch key {
			case "f":
				f.Flow = r.string()
			case "s":
				f.Step = r.string()
			case "n":
				f.Names = r.values()
			default:
				r.fail()
			}
		})
	})
	return out
}

func (r *reader) wait() (w wait) {
	r.object(func(key string) {
		switch key {
		case "k":
			w.For = waitKind(r.string())
		case "u":
			w.Until = r.integer()
		case "t":
			w.Tries = int(r.integer())
		case "r":
			w.Request = r.string()
		case "d":
			w.Cadence = r.string()
		case "a":
			w.About = r.values()
		case "q":
			w.Wording = r.string()
		case "p":
			w.Place = r.string()
		default:
			r.fail()
		}
	})
	return w
}

func (r *reader) cause() *cause {
	c := new(cause)
	if !r.object(func(key string) {
		switch key {
		case "g":
			c.Trigger = r.string()
		case "t":
			c.Topic = r.string()
		case "e":
			c.Event = r.values()
		case "es":
			r.list(func() { c.Events = append(c.Events, r.values()) })
		case "i":
			c.Interest = r.values()
		default:
			r.fail()
		}
	}) {
		return nil
	}
	return c
}
