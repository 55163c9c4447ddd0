#include "packet.h"

#define AF_INET 2
#define AF_INET6 10


SEC("xdp")
int router(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	void *next;
	__be16 type = parse_link(data, end, &next);
	struct bpf_fib_lookup fib = {};

	if (type == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = parse_ip(next, end);

		if (!ip || ip->ttl <= 1)
			return XDP_PASS;
		fib.family = AF_INET;
		fib.tos = ip->tos;
		fib.l4_protocol = ip->protocol;
		fib.tot_len = bpf_ntohs(ip->tot_len);
		fib.ipv4_src = ip->src;
		fib.ipv4_dst = ip->dst;
		fib.ifindex = ctx->ingress_ifindex;
		if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS)
			return XDP_PASS;
		decrease_ttl(ip);
	} else if (type == bpf_htons(ETH_P_IPV6)) {
		struct ip6hdr *ip6 = parse_ip6(next, end);

		if (!ip6 || ip6->hop_limit <= 1)
			return XDP_PASS;
		fib.family = AF_INET6;
		fib.flowinfo = ip6->flow & bpf_htonl(0x0fffffff);
		fib.l4_protocol = ip6->nexthdr;
		fib.tot_len = bpf_ntohs(ip6->payload_len);
		*(struct in6 *)fib.ipv6_src = ip6->src;
		*(struct in6 *)fib.ipv6_dst = ip6->dst;
		fib.ifindex = ctx->ingress_ifindex;
		if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS)
			return XDP_PASS;
		ip6->hop_limit--;
	} else {
		return XDP_PASS;
	}
	struct ethhdr *eth = data;

	eth->src = *(struct mac *)fib.smac;
	eth->dst = *(struct mac *)fib.dmac;
	return bpf_redirect(fib.ifindex, 0);
}

char _license[] SEC("license") = "GPL";
