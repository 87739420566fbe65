// What the packages of the platform do with the objects of a release before they are applied. Each package carries this file.
//
// A patch has the object that it is for (KIND NAMESPACE/NAME), a path in it, and what is written there: a value, or that of a parameter.
// Templates have the names of parameters in braces, and for a list those of an entry's fields.
{
  // The objects as a List. patches: those of the component (patches.json), with the texts that are patched inside, as data.
  list(objects, params, patches)::
    local all = [each for each in patches.patches if $.isActive(each, params)];
    local active = [each for each in all if 'path' in each && !('copies' in each)];
    local touched = std.set([each.object for each in active]);
    local absent = std.set([each.object for each in all if 'absent' in each]);
    local only = [object for each in all if 'only' in each for object in each.only];
    local stays(key) = !std.setMember(key, absent) && (only == [] || std.member(only, key));
    local items = [
      local key = $.key(item);
      if std.setMember(key, touched) then $.patched(item, [each for each in active if each.object == key], $.get(patches.texts, key, {}), params)
      else item
      for item in objects.items
      if stays($.key(item))
    ];
    local copies = [copy for each in all if 'copies' in each for copy in $.copied(items, each, params[each.parameter])];
    local added = [object for each in all if 'make' in each for object in $.filledAll(each, each.make, params)];
    { apiVersion: 'v1', kind: 'List', items: $.rolled($.everywhere(items, params, patches) + $.everywhere(copies + added, params, patches, true)) },

  // A copy of an object for each entry of a value, with what the entry has at the paths of its fields.
  copied(items, patch, value)::
    local item = [each for each in items if $.key(each) == patch.object][0];
    local unknown(entry) = [field for field in std.objectFields(entry) if !(field in patch.copies)];
    [
      if unknown(entry) != [] then
        error 'parameter ' + patch.parameter + ' has ' + unknown(entry)[0] + '; its entries have ' + std.join(', ', std.objectFields(patch.copies))
      else if !('name' in entry) then error 'parameter ' + patch.parameter + ' has an entry without name'
      else std.foldl(function(copy, field) $.set(copy, patch.copies[field], entry[field]), std.objectFields(entry), item)
      for entry in value
    ],

  // A patch's template for each entry of a list, or once for any other value.
  filledAll(patch, template, params)::
    local value = params[patch.parameter];
    local unset = [name for name in $.get(patch, 'needs', []) if $.isUnset(params[name])];
    if unset != [] then error 'parameter ' + patch.parameter + ' needs ' + std.join(' and ', unset)
    else if std.type(value) != 'array' then [$.filled(template, params)]
    else [$.filled(template, params + $.checked(patch, entry)) for entry in value],

  // An entry of a list, with defaults for what it lacks. FIELD:name is fit for the name of an object.
  checked(patch, entry)::
    local whole = $.get(patch, 'defaults', {}) + entry;
    local unknown = [field for field in std.objectFields(whole) if !std.member(patch.fields, field)];
    local missing = [field for field in patch.fields if !(field in whole)];
    local begins = $.get(patch, 'begins', {});
    local odd = [field for field in std.objectFields(begins) if field in whole && !std.startsWith(whole[field], begins[field])];
    if unknown != [] then
      error 'parameter ' + patch.parameter + ' has ' + unknown[0] + '; its entries have ' + std.join(', ', patch.fields)
    else if missing != [] then error 'parameter ' + patch.parameter + ' has an entry without ' + missing[0]
    else if odd != [] then error 'parameter ' + patch.parameter + ' has an entry whose ' + odd[0] + ' does not begin with ' + begins[odd[0]]
    else whole { [field + ':name']: $.name(whole[field]) for field in std.objectFields(whole) if std.type(whole[field]) == 'string' },

  name(text):: std.join('', [
    if std.member('abcdefghijklmnopqrstuvwxyz0123456789', char) then char else '-'
    for char in std.stringChars(std.asciiLower(text))
  ]),

  // A template with the values of what stands in braces.
  filled(template, values)::
    if std.type(template) == 'array' then [$.filled(each, values) for each in template]
    else if std.type(template) == 'object' then { [field]: $.filled(template[field], values) for field in std.objectFields(template) }
    else if std.type(template) != 'string' || !std.member(template, '{') then template
    else
      local whole = std.substr(template, 1, std.length(template) - 2);
      if whole in values then values[whole]
      else std.foldl(
        function(text, name) std.strReplace(text, '{' + name + '}', std.toString(values[name])), std.objectFields(values), template
      ),

  isUnset(value):: value == null || value == 'null' || value == '' || value == [] || value == {} || value == 0,

  isActive(patch, params)::
    !('parameter' in patch)
    || 'values' in patch && 'path' in patch && !$.isUnset(params[patch.parameter])
    || !$.isUnset(params[patch.parameter]) && params[patch.parameter] != $.get(patch, 'default', null),

  choice(patch, params)::
    local value = std.toString(params[patch.parameter]);
    if value in patch.values then value
    else if '*' in patch.values then '*'
    else error 'parameter ' + patch.parameter + ' is ' + value + '; it must be one of ' + std.join(', ', std.objectFields(patch.values)),

  // What a patch writes.
  written(patch, params)::
    if !('parameter' in patch) then patch.value
    else
      local value = params[patch.parameter];
      if 'values' in patch then patch.values[$.choice(patch, params)]
      else if 'format' in patch then patch.format % std.toString(value)
      else if 'template' in patch then $.filledAll(patch, patch.template, params)[0]
      else value,

  // An object with patches applied, one after the other. Texts that are patched are laid open first, and closed as JSON, which is YAML.
  patched(item, patches, texts, params)::
    local open = { [name]: texts[name] for name in std.set([each.text for each in patches if 'text' in each]) };
    local opened = if open == {} then item else item { data+: open };
    local path(each) = (if 'text' in each then ['data', each.text] else []) + $.filled(each.path, params);
    local written(object, each) =
      if 'lines' in each then $.lines($.at(object, path(each)), each.lines, params[each.parameter])
      else if 'append' in each then $.at(object, path(each)) + $.filledAll(each, each.append, params)
      else $.written(each, params);
    local result = std.foldl(function(object, each) $.set(object, path(each), written(object, each)), patches, opened);
    if open == {} then result
    else result { data+: { [name]: std.manifestJsonEx(result.data[name], '  ') + '\n' for name in std.objectFields(open) } },

  // What is at a path of names; {} is the first entry of a list.
  at(value, path):: std.foldl(function(parent, step) if std.type(step) == 'object' then parent[0] else parent[step], path, value),

  // A text of settings, NAME = VALUE, with lines in place of those of some names; null takes one away.
  lines(text, settings, value)::
    local name(line) = std.split(line, ' ')[0];
    local written(line) = local new = settings[name(line)]; if new == null then [] else [std.strReplace(new, '%s', value)];
    std.join('\n', [
      each
      for line in std.split(text, '\n')
      for each in if name(line) in settings then written(line) else [line]
    ]),

  // A value with another one at a path in it.
  set(value, path, new)::
    if std.length(path) == 0 then new
    else
      local step = path[0];
      local rest = [path[index] for index in std.range(1, std.length(path) - 1)];
      if std.type(step) == 'string' then
        local fields = if value == null then {} else value;
        local result = $.set(if step in fields then fields[step] else null, rest, new);
        if result == null then { [field]: fields[field] for field in std.objectFields(fields) if field != step }
        else fields { [step]: result }
      else
        local entries = if value == null then [] else value;
        local results = [if $.matches(each, step) then $.set(each, rest, new) else each for each in entries];
        local exists = std.length([true for each in entries if $.matches(each, step)]) > 0;
        [each for each in results if each != null]
        + (if exists || new == null then [] else [$.set(if std.length(rest) == 0 then null else step, rest, new)]),

  // Whether an entry of a list has all of some fields; {} stands for every entry.
  matches(entry, fields)::
    std.length([true for field in std.objectFields(fields) if !(field in entry) || entry[field] != fields[field]]) == 0,

  // What is changed in all objects: texts that stand in many of them, images, and the Secrets of ServiceAccounts. The package knows which
  // objects have such a text, but not of those that were added.
  everywhere(items, params, patches, added=false)::
    local registry = $.get(params, 'imageRegistry', null);
    local secret = $.get(params, 'imagePullSecret', null);
    local replaced = std.foldl(
      function(done, name)
        local value = params[name], text = patches.literals[name].text, objects = patches.literals[name].objects;
        if $.isUnset(value) || value == text then done
        else [if added || $.key(item) in objects then $.texts(item, [[text, value]]) else item for item in done],
      std.objectFields(patches.literals),
      items
    );
    local mirrored = if $.isUnset(registry) then replaced
    else [
      local key = $.key(item);
      if key in patches.images
      then $.texts(item, [[image, registry + '/' + patches.images[key][image]] for image in std.objectFields(patches.images[key])])
      else item
      for item in replaced
    ];
    if $.isUnset(secret) then mirrored
    else [if item.kind == 'ServiceAccount' then item { imagePullSecrets+: [{ name: secret }] } else item for item in mirrored],

  // A value with texts replaced in all texts in it: pairs of what stands there and what is to. An image is not the beginning of another.
  texts(value, pairs)::
    local replaced(text) = std.foldl(
      function(done, pair)
        if done == pair[0] then pair[1]
        else std.strReplace(done, pair[0], pair[1]),
      pairs,
      text
    );
    if std.type(value) == 'string' then replaced(value)
    else if std.type(value) == 'array' then [$.texts(each, pairs) for each in value]
    else if std.type(value) == 'object' then { [field]: $.texts(value[field], pairs) for field in std.objectFields(value) }
    else value,

  // Pods read a ConfigMap when they start. With a checksum of what is in it in their template, a change of it makes new pods, which
  // kustomize does with a hash in the name.
  rolled(items)::
    local data = {
      [$.path(item)]: [if field in item then item[field] else {} for field in ['data', 'binaryData']]
      for item in items
      if item.kind == 'ConfigMap'
    };
    [
      local read = if item.kind in $.rolling then [
        name
        for name in std.set([$.path(item { metadata+: { name: name } }) for name in $.configMaps(item.spec.template.spec)])
        if name in data
      ] else [];
      if read == [] then item else item {
        spec+: { template+: { metadata+: { annotations+: {
          'checksum/config': std.md5(std.manifestJsonEx([data[name] for name in read], '')),
        } } } },
      }
      for item in items
    ],

  rolling:: { DaemonSet: true, Deployment: true, StatefulSet: true },

  path(item):: '%s/%s' % [if 'namespace' in item.metadata then item.metadata.namespace else '', item.metadata.name],
  key(item):: '%s %s' % [item.kind, $.path(item)],

  // The names of the ConfigMaps that a pod reads.
  configMaps(pod)::
    local volumes = $.get(pod, 'volumes', []);
    local containers = $.get(pod, 'containers', []) + $.get(pod, 'initContainers', []);
    [each.configMap.name for each in volumes if 'configMap' in each]
    + [
      source.configMap.name
      for each in volumes
      if 'projected' in each
      for source in $.get(each.projected, 'sources', [])
      if 'configMap' in source
    ]
    + [each.configMapRef.name for container in containers for each in $.get(container, 'envFrom', []) if 'configMapRef' in each]
    + [
      each.valueFrom.configMapKeyRef.name
      for container in containers
      for each in $.get(container, 'env', [])
      if 'configMapKeyRef' in $.get(each, 'valueFrom', {})
    ],

  get(object, field, default):: if field in object && object[field] != null then object[field] else default,
}
