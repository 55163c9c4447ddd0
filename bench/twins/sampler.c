#include "packet.h"

const volatile __u32 rate = 100;

struct sample {
	__u64 at;
	__u32 length;
	__u32 ingress;
	__be32 src;
	__be32 dst;
	__u16 srcPort;
	__u16 dstPort;
	__u8 protocol;
	__u8 pad[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

SEC("xdp")
int sample(struct xdp_md *ctx)
{
	if (bpf_get_prandom_u32() % rate)
		return XDP_PASS;
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	void *next;

	if (parse_link(data, end, &next) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	struct iphdr *ip = parse_ip(next, end);

	if (!ip)
		return XDP_PASS;

	__u16 src = 0, dst = 0;
	__u8 protocol;

	next = ip_payload(ip, &protocol);
	if (next) {
		struct udphdr *ports = NULL;

		if (protocol == IPPROTO_TCP)
			ports = (void *)parse_tcp(next, end);
		else if (protocol == IPPROTO_UDP)
			ports = parse_udp(next, end);
		if (ports) {
			src = bpf_ntohs(ports->src);
			dst = bpf_ntohs(ports->dst);
		}
	}

	struct sample *sample = bpf_ringbuf_reserve(&samples, sizeof(*sample), 0);

	if (!sample) {
		__u32 zero = 0;
		__u64 *count = bpf_map_lookup_elem(&lost, &zero);

		if (count)
			*count += 1;
		return XDP_PASS;
	}
	sample->at = bpf_ktime_get_ns();
	sample->length = end - data;
	sample->ingress = ctx->ingress_ifindex;
	sample->src = ip->src;
	sample->dst = ip->dst;
	sample->srcPort = src;
	sample->dstPort = dst;
	sample->protocol = ip->protocol;
	__builtin_memset(sample->pad, 0, sizeof(sample->pad));
	bpf_ringbuf_submit(sample, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
