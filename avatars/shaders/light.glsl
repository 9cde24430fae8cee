// Four lights and the tone curve, shared by every fragment shader.
in vec3 vPosition;
in vec3 vNormal;
in vec2 vUV;
in vec4 vMask;
in vec3 vRest;
in vec3 vFlow;
out vec4 oColour;

const vec3 KEY = normalize(vec3(-0.42, 0.60, 0.95));
const vec3 FILL = normalize(vec3(0.80, 0.10, 0.70));
const vec3 RIM_RIGHT = normalize(vec3(0.70, 0.55, -0.80));
const vec3 RIM_LEFT = normalize(vec3(-0.80, 0.45, -0.70));
const vec3 KEY_LIGHT = vec3(1.18, 1.127, 1.062);
const vec3 FILL_LIGHT = vec3(0.378, 0.391, 0.42);
const vec3 RIM_RIGHT_LIGHT = vec3(0.782, 0.816, 0.85);
const vec3 RIM_LEFT_LIGHT = vec3(0.65, 0.598, 0.5525);

vec3 sky(vec3 n) {
  return mix(vec3(0.24, 0.185, 0.165), vec3(0.37, 0.375, 0.39), n.y * 0.5 + 0.5);
}

float wrapped(float cosine, float wrap) {
  return clamp((cosine + wrap) / (1.0 + wrap), 0.0, 1.0);
}

// One GGX lobe with Smith shadowing (Walter et al. 2007; Karis 2013).
float ggx(vec3 n, vec3 v, vec3 l, float roughness) {
  vec3 h = normalize(v + l);
  float a = roughness * roughness, nh = max(dot(n, h), 0.0), d = nh * nh * (a * a - 1.0) + 1.0;
  float k = a * 0.5, nl = max(dot(n, l), 0.0), nv = max(dot(n, v), 0.05);
  return a * a / (3.1416 * d * d) * nl / ((nl * (1.0 - k) + k) * (nv * (1.0 - k) + k) * 4.0);
}

float fresnel(vec3 v, vec3 n) {
  float x = 1.0 - clamp(dot(v, n), 0.0, 1.0), x2 = x * x;
  return x2 * x2 * x;
}

// Linear to sRGB (IEC 61966-2-1) by square roots (Taylor 2012), within 0.002: a power costs a
// software renderer five times as much.
vec3 srgb(vec3 c) {
  vec3 r = sqrt(c), q = sqrt(r);
  return clamp(0.662002687 * r + 0.684122060 * q - 0.323583601 * sqrt(q) - 0.0225411470 * c,
               0.0, 1.0);
}

// Filmic curve (Narkowicz 2015), then sRGB, then towards grey.
vec3 shown(vec3 c) {
  c *= 0.76;
  c = srgb(clamp((c * (2.51 * c + 0.03)) / (c * (2.43 * c + 0.59) + 0.14), 0.0, 1.0));
  return mix(c, vec3(dot(c, vec3(0.2126, 0.7152, 0.0722))), uExtra.z);
}
