"""Runs the CEL rules of a CRD (x-kubernetes-validations) on objects with Google's CEL, and estimates what they cost.

Reads a JSON object from standard input: `schema`, an openAPIV3Schema, and `objects`, by names of the caller's choice,
with their defaults filled in. Writes one to standard output:
  refusals   for each object, the rules that are false of it, as "PATH: MESSAGE" with the path as an API server has it
  held       the rules that were true of some object, by their places
  failed     the rules that were false of some object, by their places
  rules      each rule: `place` (the path in the schema and the rule), `cost`, the most that it can cost at one place,
             and `count`, how many such places an object can have
  faults     what an API server would refuse of the rules themselves
"""

import json
import sys

from cel_expr_python import cel

# What Kubernetes 1.25 knows and the rules use; an unknown function fails here before it fails in a cluster.
FUNCTIONS = {
    "!_", "_&&_", "_||_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_?_:_", "_+_", "_[_]", "@in",
    "@not_strictly_false", "size", "duration", "contains", "startsWith", "endsWith", "matches",
}  # fmt: skip
SCANS = {"contains", "startsWith", "endsWith", "matches", "duration", "_==_", "_!=_"}
UNBOUNDED = 1 << 20


class Rule:
    def __init__(self, environment, schema, path, declaration):
        self.path, self.text, self.message = path, declaration["rule"], declaration["message"]
        self.expression = environment.compile(self.text)
        self.schema = schema

    @property
    def place(self):
        return f"{self.path}: {self.text}"


# The expression, as the compiler serializes it: cel/expr/syntax.proto and checked.proto have the numbers.


def fields(data):
    """The fields of a protobuf message: number -> the values, bytes or integers."""
    result, position = {}, 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(data):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        else:
            size = {1: 8, 5: 4}.get(tag & 7) or varint()
            value = data[position : position + size]
            position += size
        result.setdefault(tag >> 3, []).append(value)
    return result


def tree(expression):
    """The expression (cel.expr.Expr), out of the CheckedExpr in the Any that the compiler gives."""
    return fields(fields(expression.serialize())[2][0])[4][0]


class Costs:
    """The most that an expression can cost, in the units of Kubernetes, or more than that."""

    def __init__(self, schema, faults, place):
        self.faults, self.place = faults, place
        self.variables = {"self": schema}

    def size(self, schema):
        if schema is None:
            return UNBOUNDED
        if schema.get("type") == "string":
            return 4 * schema.get("maxLength", UNBOUNDED)
        return schema.get("maxItems", schema.get("maxProperties", UNBOUNDED))

    def visit(self, data):
        """The cost, and the schema of the value (None for what is not of the object)."""
        expression = fields(data)
        for number, visit in ((4, self.ident), (5, self.select), (6, self.call), (7, self.list), (9, self.loop)):
            if number in expression:
                return visit(fields(expression[number][0]))
        if 8 in expression:
            self.faults.append(f"{self.place}: a map or message is made, whose cost is not estimated")
        return 0, {"type": "string", "maxLength": len(data)}

    def ident(self, ident):
        return 1, self.variables.get(ident[1][0].decode())

    def select(self, select):
        cost, schema = self.visit(select[1][0])
        name = select[2][0].decode()
        member = (schema or {}).get("properties", {}).get(name)
        if member is None:
            self.faults.append(f"{self.place}: there is no field {name}")
        return cost + 1, {"type": "boolean"} if 3 in select else member  # 3: has(), which is no value of the field.

    def list(self, elements):
        visited = [self.visit(element) for element in elements.get(1, [])]
        return 10 + sum(cost for cost, _ in visited), {"maxItems": len(visited), "items": {"type": "boolean"}}

    def call(self, call):
        function = call[2][0].decode()
        if function not in FUNCTIONS:
            self.faults.append(f"{self.place}: the function {function} is not one that Kubernetes 1.25 is known to have")
        visited = [self.visit(argument) for argument in call.get(1, []) + call.get(3, [])]
        cost = 1 + sum(cost for cost, _ in visited)
        strings = [self.size(schema) for _, schema in visited if schema and schema.get("type") == "string"]
        if function in SCANS and strings:
            cost += max(strings)
        if function == "@in" and "items" in (visited[-1][1] or {}):
            cost += self.size(visited[-1][1])
        return cost, {"type": "boolean"}

    def loop(self, loop):
        names = [loop[number][0].decode() for number in (1, 3)]
        range_cost, schema = self.visit(loop[2][0])
        initial, _ = self.visit(loop[4][0])
        before = dict(self.variables)
        self.variables[names[0]] = (schema or {}).get("items") or {"type": "string"}
        self.variables[names[1]] = {"type": "boolean"}
        each = self.visit(loop[5][0])[0] + self.visit(loop[6][0])[0]
        result, _ = self.visit(loop[7][0])
        self.variables = before
        return range_cost + initial + self.size(schema) * each + result, {"type": "boolean"}


# The schema and the objects.


def rules(environment, schema, path="", count=1):
    """Every rule of a schema, and at how many places of an object it can stand."""
    for declaration in schema.get("x-kubernetes-validations", []):
        yield Rule(environment, schema, path, declaration), count
    for name, member in schema.get("properties", {}).items():
        yield from rules(environment, member, f"{path}.{name}" if path else name, count)
    if "items" in schema:
        yield from rules(environment, schema["items"], f"{path}[]", count * schema.get("maxItems", UNBOUNDED))
    if isinstance(schema.get("additionalProperties"), dict):
        count *= schema.get("maxProperties", UNBOUNDED)
        yield from rules(environment, schema["additionalProperties"], f"{path}.*", count)


def values(schema, value, place="", path=""):
    """Every value of an object that the schema describes: its path in the schema, its path in the object, itself."""
    yield place, path, value
    if isinstance(value, list) and "items" in schema:
        for index, element in enumerate(value):
            yield from values(schema["items"], element, f"{place}[]", f"{path}[{index}]")
    if isinstance(value, dict):
        others = schema.get("additionalProperties")
        for name, member in value.items():
            inner = f"{path}.{name}" if path else name
            if name in schema.get("properties", {}):
                yield from values(schema["properties"][name], member, f"{place}.{name}" if place else name, inner)
            elif isinstance(others, dict):
                yield from values(others, member, f"{place}.*", inner)


def main():
    request = json.load(sys.stdin)
    environment = cel.NewEnv(variables={"self": cel.Type.DYN})
    answer = {"refusals": {}, "held": set(), "failed": set(), "rules": [], "faults": []}
    by_path = {}
    for rule, count in rules(environment, request["schema"]):
        by_path.setdefault(rule.path, []).append(rule)
        cost, _ = Costs(rule.schema, answer["faults"], rule.place).visit(tree(rule.expression))
        answer["rules"].append({"place": rule.place, "cost": cost, "count": count})
    for name, document in request["objects"].items():
        refusals = answer["refusals"][name] = []
        for place, path, value in values(request["schema"], document):
            for rule in by_path.get(place, []):
                result = rule.expression.eval(data={"self": value}).value()
                if result is True:
                    answer["held"].add(rule.place)
                elif result is False:
                    answer["failed"].add(rule.place)
                    refusals.append(f"{path}: {rule.message}")
                else:
                    refusals.append(f"{path}: the rule {rule.text} is {result}")
    answer["held"], answer["failed"] = sorted(answer["held"]), sorted(answer["failed"])
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
