// Tight coils, as the surface of one mass. Mask: density; alpha is ambient occlusion.
void main() {
  vec3 v = normalize(uCamera.xyz - vPosition), n = normalize(vNormal);
  if (dot(n, v) < 0.0) n = -n;
  float fine = noise(vRest * 46.0), coarse = noise(vRest * 15.0);
  if (vMask.r < 0.25 + 0.6 * fine) discard;
  vec3 bend = vec3(noise(vRest * 17.0 + 3.0), noise(vRest * 17.0 + 9.0), coarse) - 0.5;
  vec3 frizz = vec3(fine, fract(fine * 7.0), fract(fine * 13.0)) - 0.5;
  n = normalize(n + bend * 0.9 + frizz * 0.4);
  vec3 along = normalize(vFlow + bend * 2.0);
  float ao = mix(0.45, 1.0, smoothstep(0.05, 0.8, vMask.a)) * mix(0.62, 1.05, coarse);
  vec3 base = uHair.rgb * (0.70 + 0.45 * fine + 0.25 * coarse);
  oColour = vec4(shown(strand(n, v, along, base, fine, ao, 0.45)), 1.0);
}
