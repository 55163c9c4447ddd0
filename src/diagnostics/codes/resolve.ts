/** 2xxx: names, imports, declarations. */
export const resolveCodes = {
  XD2001: "Unknown module",
  XD2002: "The module does not declare this name",
  XD2003: "Modules import each other in a circle",
  XD2004: "Declared twice",
  XD2005: "Not exported",
  XD2006: "Unknown name",
  XD2007: "Unknown type",
  XD2008: "A program cannot be imported",
  XD2009: "Declared twice in one block",
  XD2010: "Known to the standard library, not imported here",
  XD2011: "Two modules use one name in the object",
  XD2012: "Said twice in one script",
  XD2013: "Two headers share a layer name",
  XD2014: "The name is one of the object's sections",
} as const;
