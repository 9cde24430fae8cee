// Skin. Mask: lips, eyelids, inside of the mouth, ambient occlusion. vTint, from part.vert, holds
// what changes slowly over the face: its colour, and in w how oily it is.
in vec4 vTint;

vec3 soft(vec3 n, vec3 l) {
  // Light bleeds further round the form in red than in blue.
  vec3 w = vec3(0.46, 0.32, 0.27), t = clamp((dot(n, l) + w) / (1.0 + w), 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t) * 0.55 + t * 0.45;
}

float ridge(float d, float width) { return exp(-d * d / (width * width)); }

// Slope of the creases that the action units fold, as a bend of the normal in the rest pose.
vec3 creases(vec3 r, float ax, float front) {
  vec3 g = vec3(0.0);
  float y = r.y - 7.72;
  float forehead = smoothstep(0.62, 0.2, ax) * front * smoothstep(-0.12, 0.02, y)
                 * smoothstep(0.40, 0.22, y);
  g.y += forehead * uCreases.x * 0.165 * cos((y + 0.05 * cos(ax * 5.0)) * 52.0);
  float d = ax - 0.075;
  g.x -= sign(r.x) * front * smoothstep(0.16, 0.06, abs(r.y - 7.52)) * uCreases.y
       * d / 0.03 * ridge(d, 0.03) * 0.55;
  vec2 from = vec2(0.20, 7.02), fold = vec2(0.40, 6.62) - from, at = vec2(ax, r.y) - from;
  float t = clamp(dot(at, fold) / dot(fold, fold), 0.0, 1.0);
  vec2 off = at - fold * t;
  float side = -dot(off, normalize(vec2(fold.y, -fold.x)));
  float depth = front * ridge(length(off), 0.05) * smoothstep(0.0, 0.15, t)
              * smoothstep(1.0, 0.8, t);
  vec2 across = normalize(vec2(-fold.y, fold.x));
  g.xy += vec2(sign(r.x) * across.x, across.y) * depth * uCreases.z * side / 0.05 * 0.5;
  vec2 corner = vec2(ax - 0.50, r.y - 7.28);
  float angle = atan(corner.y, corner.x), reach = length(corner);
  g.y += smoothstep(0.02, 0.07, reach) * smoothstep(0.22, 0.10, reach) * step(0.0, corner.x)
       * smoothstep(0.75, 0.4, abs(angle)) * uCreases.w * 0.30 * cos(angle * 22.0);
  float bridge = front * smoothstep(0.13, 0.05, ax) * smoothstep(0.10, 0.03, abs(r.y - 7.32));
  g.y += bridge * uExtra.x * 0.25 * cos((r.y + ax * 0.5) * 120.0);
  return g;
}

void main() {
  vec3 n = normalize(vNormal), v = normalize(uCamera.xyz - vPosition), r = vRest;
  if (dot(n, v) < -0.25 && !gl_FrontFacing) n = -n;
  float ao = mix(0.50, 1.0, smoothstep(0.0, 0.80, vMask.a));
  float ax = abs(r.x), front = smoothstep(0.8, 1.05, r.z);
  float lip = smoothstep(0.25, 0.75, vMask.r), mouth = smoothstep(0.35, 0.9, vMask.b);
  float grain = noise(r * 66.0);
  vec3 pores = 0.022 * vec3(grain - 0.5, fract(grain * 7.0) - 0.5, 0.0);
  n = normalize(n + (pores + creases(r, ax, front) * 0.55) * (1.0 - vMask.r));

  vec3 a = vTint.rgb * mix(vec3(1.0), vec3(1.02, 0.955, 0.95), grain * 0.5);
  a = mix(a, uLips.rgb * (0.9 + 0.2 * noise(vec3(r.x * 90.0, r.y * 14.0, 0.0))), lip * 0.85);
  a = mix(a, vec3(0.208, 0.04, 0.044), mouth);
  float cavity = 1.0 - 0.9 * mouth * smoothstep(1.38, 1.0, r.z);

  vec3 c = a * (sky(n) * ao + soft(n, KEY) * KEY_LIGHT * mix(ao, 1.0, 0.45)
              + soft(n, FILL) * FILL_LIGHT * ao);
  float edge = pow(clamp(1.0 - dot(n, v), 0.0, 1.0), 2.2);
  c += (a * 0.6 + 0.1) * edge * ao * (max(dot(n, RIM_RIGHT), 0.0) * RIM_RIGHT_LIGHT
                                    + max(dot(n, RIM_LEFT), 0.0) * RIM_LEFT_LIGHT);
  float oil = vTint.w, f = 0.028 + 0.25 * fresnel(v, n);
  float gloss = ggx(n, v, KEY, mix(0.46, 0.27, lip)) * (0.75 + 0.5 * lip)
              + ggx(n, v, KEY, 0.65) * 0.6;
  c += KEY_LIGHT * f * gloss * oil * ao * (1.0 - mouth * 0.5);
  c += FILL_LIGHT * f * ggx(n, v, FILL, 0.5) * ao;
  oColour = vec4(shown(c * cavity), 1.0);
}
