/** `format` files of tracefs: what a tracepoint's record holds (Documentation/trace/events.rst). */
export interface TracepointField {
  readonly name: string;
  /** As C writes it: `const char *`, `pid_t`, `char`. */
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  /** `x[16]`; undefined when it is no array. */
  readonly length: number | undefined;
  /** The field is a `u32` that says where in the record the data lies: from the record's start, or from behind itself. */
  readonly elsewhere: "from-start" | "from-here" | undefined;
}

export interface TracepointFormat {
  readonly fields: readonly TracepointField[];
  readonly size: number;
}

const line = /^\s*field:(.*?);\s*offset:(\d+);\s*size:(\d+);\s*signed:([01]);/;

/** Reads a format file; the fields that all tracepoints have (`common_…`) are left out, for helpers tell more. */
export function parseTracepointFormat(text: string): TracepointFormat {
  const fields: TracepointField[] = [];
  let size = 0;
  for (const one of text.split("\n")) {
    const found = line.exec(one);
    if (!found) continue;
    const [, declaration = "", offset = "0", bytes = "0", signed = "0"] = found;
    size = Math.max(size, Number(offset) + Number(bytes));
    const field = fieldOf(declaration, Number(offset), Number(bytes), signed === "1");
    if (field && !field.name.startsWith("common_")) fields.push(field);
  }
  return { fields, size };
}

function fieldOf(
  declaration: string,
  offset: number,
  size: number,
  signed: boolean,
): TracepointField | undefined {
  const elsewhere = /^__(data|rel)_loc\s+(.*?)\s*(?:\[\])?\s*(\w+)$/.exec(declaration);
  if (elsewhere) {
    const [, how, type = "", name = ""] = elsewhere;
    const from = how === "data" ? "from-start" : "from-here";
    return { name, type: type.trim(), offset, size, signed, length: undefined, elsewhere: from };
  }
  const found = /^(.*?)(\w+)\s*(?:\[(.*)\])?$/.exec(declaration);
  if (!found) return undefined;
  const [, type = "", name = "", count] = found;
  const plain = type.trim();
  // The length may be the name of a constant: `char comm[TASK_COMM_LEN]`. Of a `char` it is the size.
  const length = count === undefined ? undefined : /^\d+$/.test(count) ? Number(count) : size;
  return { name, type: plain, offset, size, signed, length, elsewhere: undefined };
}
