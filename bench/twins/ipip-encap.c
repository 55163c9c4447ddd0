#include "packet.h"

const volatile __be32 near = bpf_htonl(0xc0000201);
const volatile __be32 far = bpf_htonl(0xc0000202);
const volatile struct mac gateway = { { bpf_htons(0x0200), 0, bpf_htons(0x00fe) } };
const volatile __u16 mtu = 1500;

SEC("xdp")
int encap(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	void *next;

	if (parse_link(data, end, &next) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	struct iphdr *ip = parse_ip(next, end);

	if (!ip || (ip->dst & bpf_htonl(0xffffff00)) != bpf_htonl(0xc6336400))
		return XDP_PASS;
	__u16 length = bpf_ntohs(ip->tot_len);

	if (ip->ttl <= 1 || length > (__u16)(mtu - 20))
		return XDP_PASS;
	decrease_ttl(ip);

	struct iphdr outer = {
		.version = 4,
		.ihl = 5,
		.tos = ip->tos,
		.tot_len = bpf_htons(length + 20),
		.ttl = 64,
		.protocol = 4,
		.src = near,
		.dst = far,
	};
	__u16 *words = (__u16 *)&outer;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += words[i];
	outer.check = fold(sum);

	/* The link layer is 14, 18 or 22 bytes: it moves to the new front. */
	__u32 tags = (void *)ip - data - sizeof(struct ethhdr);

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(outer)))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data, *old = data + sizeof(outer);

	if ((void *)(old + 1) + 8 > end)
		return XDP_ABORTED;
	/* The new receiver and sender are written at once. */
	eth->src = old->dst;
	eth->dst.half[0] = gateway.half[0];
	eth->dst.half[1] = gateway.half[1];
	eth->dst.half[2] = gateway.half[2];
	eth->type = old->type;
	next = eth + 1;
	if (tags >= 4) {
		__u32 *to = next, *from = (void *)(old + 1);

		to[0] = from[0];
		next += 4;
		if (tags >= 8) {
			to[1] = from[1];
			next += 4;
		}
	}
	if (next + sizeof(outer) > end)
		return XDP_ABORTED;
	*(struct iphdr *)next = outer;
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
