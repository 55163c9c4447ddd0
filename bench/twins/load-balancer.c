#include "packet.h"

const volatile __be32 service = bpf_htonl(0xc0000250);
const volatile __u16 port = 443;

struct backend {
	__be32 addr;
	struct mac mac;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct backend);
} backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __be32);
	__type(value, __u8);
} members SEC(".maps");

static __always_inline __u32 rol(__u32 x, int n)
{
	return x << n | x >> (32 - n);
}

/* jhash_3words of the kernel (lookup3, Bob Jenkins). */
static __always_inline __u32 jhash3(__u32 a, __u32 b, __u32 c)
{
	__u32 start = 0xdeadbeef + (3 << 2);

	a += start;
	b += start;
	c += start;
	c ^= b; c -= rol(b, 14);
	a ^= c; a -= rol(c, 11);
	b ^= a; b -= rol(a, 25);
	c ^= b; c -= rol(b, 16);
	a ^= c; a -= rol(c, 4);
	b ^= a; b -= rol(a, 14);
	c ^= b; c -= rol(b, 24);
	return c;
}

/* An address of an IPv4 packet changes; both checksums follow. */
static __always_inline void rewrite(struct iphdr *ip, struct tcphdr *tcp, __be32 *field, __be32 to)
{
	__be32 from = *field;

	*field = to;
	ip->check = replace4(ip->check, from, to);
	tcp->check = replace4(tcp->check, from, to);
}

SEC("xdp")
int loadBalance(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	void *next;
	__u8 protocol;

	if (parse_link(data, end, &next) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	struct iphdr *ip = parse_ip(next, end);

	if (!ip)
		return XDP_PASS;
	next = ip_payload(ip, &protocol);
	if (!next || protocol != IPPROTO_TCP)
		return XDP_PASS;
	struct tcphdr *tcp = parse_tcp(next, end);

	if (!tcp)
		return XDP_PASS;

	if (ip->dst != service || tcp->dst != bpf_htons(port)) {
		if (tcp->src == bpf_htons(port)) {
			__be32 src = ip->src;

			if (bpf_map_lookup_elem(&members, &src))
				rewrite(ip, tcp, &ip->src, service);
		}
		return XDP_PASS;
	}

	__u32 slot = jhash3(ip->src, ip->dst, *(__u32 *)tcp) % 16;
	struct backend *backend = bpf_map_lookup_elem(&backends, &slot);

	if (!backend || !backend->addr || ip->ttl <= 1)
		return XDP_DROP;
	rewrite(ip, tcp, &ip->dst, backend->addr);
	decrease_ttl(ip);

	struct ethhdr *eth = data;

	eth->src = eth->dst;
	eth->dst = backend->mac;
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
