#include "packet.h"

const volatile __u32 network = 42;

struct vxlanhdr {
	__be32 flags;
	__be32 vni;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __be32);
	__type(value, __u64);
} bySender SEC(".maps");

SEC("xdp")
int decap(struct xdp_md *ctx)
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
	if (!next || protocol != IPPROTO_UDP)
		return XDP_PASS;
	struct udphdr *udp = parse_udp(next, end);

	if (!udp || udp->dst != bpf_htons(4789))
		return XDP_PASS;
	struct vxlanhdr *vxlan = (void *)(udp + 1);

	if ((void *)(vxlan + 1) > end)
		return XDP_PASS;
	if (!(vxlan->flags & bpf_htonl(0x08000000)) || bpf_ntohl(vxlan->vni) >> 8 != network)
		return XDP_PASS;
	struct ethhdr *inner = (void *)(vxlan + 1);

	if ((void *)(inner + 1) > end)
		return XDP_DROP;

	__be32 src = ip->src;
	__u64 bytes = end - (void *)inner;
	__u64 *count = bpf_map_lookup_elem(&bySender, &src);

	if (count)
		__sync_fetch_and_add(count, bytes);
	else
		bpf_map_update_elem(&bySender, &src, &bytes, BPF_ANY);

	if (bpf_xdp_adjust_head(ctx, (void *)inner - data))
		return XDP_ABORTED;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
