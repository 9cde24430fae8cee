// Eyeball. Rest positions are those of the unit sphere that looks along +z.
const float IRIS = 0.53, PUPIL = 0.215;

void main() {
  vec3 n = normalize(vNormal), v = normalize(uCamera.xyz - vPosition);
  vec2 p = vRest.xy;
  float r = length(p), angle = atan(p.y, p.x);
  vec2 dir = p / max(r, 1e-4);
  float fibre = noise(vec3(dir * 7.0, r * 5.0)) * 0.5 + noise(vec3(dir * 22.0, r * 9.0)) * 0.5;
  vec3 iris = uIris.rgb * (0.55 + 0.65 * fibre) * mix(1.35, 0.85, smoothstep(PUPIL, IRIS, r));
  iris = mix(iris, iris * vec3(1.4, 1.2, 0.85) + 0.02, smoothstep(0.36, 0.22, r) * 0.45);
  // The cornea focuses the key light on the far side of the iris.
  iris *= 1.0 + 0.75 * clamp(dot(dir, -normalize(KEY.xy)), -1.0, 1.0) * smoothstep(PUPIL, IRIS, r);
  iris *= 1.0 - 0.72 * smoothstep(IRIS - 0.10, IRIS, r);
  iris = mix(vec3(0.010), iris, smoothstep(PUPIL - 0.02, PUPIL + 0.025, r));
  vec3 white = mix(vec3(0.86, 0.845, 0.83), vec3(0.80, 0.62, 0.57),
                   smoothstep(0.65, 1.08, r) * 0.5);
  float inside = smoothstep(IRIS + 0.03, IRIS - 0.015, r) * step(0.0, vRest.z);
  vec3 a = mix(white, iris, inside);
  // The lids shade the ball from above and at its corners.
  float shade = mix(0.42, 1.0, smoothstep(0.58, -0.05, n.y))
              * mix(0.72, 1.0, smoothstep(1.02, 0.65, r));
  vec3 flat_ = normalize(mix(n, vec3(0, 0, 1), 0.35 * inside));
  vec3 c = a * shade * (sky(n) + wrapped(dot(flat_, KEY), 0.4) * KEY_LIGHT * 0.62
                      + wrapped(dot(n, FILL), 0.4) * FILL_LIGHT);
  vec3 lamp = normalize(vec3(-0.30, 0.42, 1.0)), window = normalize(vec3(0.38, -0.22, 1.0));
  c += smoothstep(0.9905, 0.9955, dot(n, normalize(v + lamp))) * 1.7 * vec3(1.0, 0.99, 0.97);
  c += smoothstep(0.994, 0.998, dot(n, normalize(v + window))) * 0.55 * vec3(0.85, 0.92, 1.0);
  c += vec3(0.5, 0.55, 0.6) * fresnel(v, n) * 0.15 * shade;
  oColour = vec4(shown(c), 1.0);
}
