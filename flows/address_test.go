package flows

import (
	"net/netip"
	"testing"
)

func TestPrivateHosts(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"shop.example": false, "93.184.216.34": false, "2606:4700::1111": false, "local.example": false, "10.example": false, "": false,
		"localhost": true, "LOCALHOST.": true, "api.localhost": true, "stock": true, "printer.local": true, "crm.internal": true, "shop.lan": true,
		"127.0.0.1": true, "10.1.2.3": true, "192.168.0.1": true, "172.16.0.9": true, "169.254.169.254": true, "100.64.0.1": true, "0.0.0.0": true,
		"::1": true, "fe80::1%eth0": true, "fd00::1": true, "::ffff:127.0.0.1": true, "64:ff9b::7f00:1": true,
	} {
		if got := privateHost(host); got != want {
			t.Errorf("%s: private %v, want %v", host, got, want)
		}
	}
}

func TestWhichAddressesArePublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34": true, "1.1.1.1": true, "2606:2800:220:1::1": true,
		"127.0.0.1": false, "127.9.9.9": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "ff02::1": false, "::ffff:10.0.0.1": false, "::ffff:1.1.1.1": true,
		"64:ff9b::a00:1": false, "2002:a00:1::1": false, "::7f00:1": false,
	} {
		if got := Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v, want %v", address, got, want)
		}
	}
}
