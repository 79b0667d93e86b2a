package flows

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// reservedNetworks are no part of the public one, beside those that netip knows:
// RFC 6890, and those in which other addresses can hide.
var reservedNetworks = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("::/96"),
}

// Public says whether an address is one of the public network. Handlers elsewhere are
// asked only with allow_private.
func Public(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate() &&
		!slices.ContainsFunc(reservedNetworks, func(network netip.Prefix) bool { return network.Contains(ip) })
}

// privateDomains are those that no public name server knows: reserved (RFC 6761, 6762,
// 8375; .internal by ICANN), or in use for networks of one's own.
var privateDomains = []string{"localhost", "local", "internal", "home.arpa", "lan", "home", "corp", "intranet"}

// privateHost says whether a host cannot be of the public network: by its address, its
// domain, or because it is a name without one.
func privateHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return !Public(ip)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host != "" && (!strings.Contains(host, ".") ||
		slices.ContainsFunc(privateDomains, func(domain string) bool { return strings.HasSuffix(host, "."+domain) }))
}

// whereTo reports an address of a handler or webhook that is never asked, or that is told
// everything in the clear.
func (d *decoder) whereTo(address string, at Span, allowPrivate bool) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
	case privateHost(u.Hostname()):
		if !allowPrivate {
			d.warnf("handler-private", at, "add allow_private: true, or write the address that the public network knows",
				"%s is in a private network, and nobody asks there unless it is allowed", u.Hostname())
		}
	case u.Scheme == "http":
		d.warnf("handler-clear", at, "write the address with https://",
			"what is sent to %s is about people, and anybody on the way can read it", u.Hostname())
	}
}
